//! Secrets that lie encrypted or in a keyring, with the programs that keep them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::desk::Desk;

const VALUE: &str = "s3cr3t-of-the-erp-0000000000";

fn declared(secret: &str) -> Desk {
    let desk = Desk::new();
    let settings = format!(
        "secrets:\n  ERP_TOKEN: {secret}\nnotices:\n  room: {{ chat: \
         \"https://chat.example/${{ERP_TOKEN}}\" }}\nworking_hours:"
    );
    desk.change("flightdeck.yaml", "working_hours:", &settings);
    desk
}

/// Encrypts the value for a key that is made here.
fn encrypted(root: &Path) {
    let made = Command::new("age-keygen").output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let key = root.join("key.txt");
    fs::write(&key, &made.stdout).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let text = String::from_utf8(made.stdout).unwrap();
    let public = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
    fs::write(root.join("plain"), format!("{VALUE}\n")).unwrap();
    let sealed = Command::new("age")
        .args(["--recipient", public, "--output"])
        .args([root.join("erp.age"), root.join("plain")])
        .status();
    assert!(sealed.unwrap().success());
    fs::remove_file(root.join("plain")).unwrap();
}

/// What `secrets` says of it, and whether it is there.
fn there(said: &crate::desk::Said) -> bool {
    assert!(!said.out.contains(VALUE) && !said.err.contains(VALUE), "{}{}", said.out, said.err);
    let found = said.json().into_iter().find(|line| line["name"] == "ERP_TOKEN");
    found.unwrap()["there"].as_bool().unwrap()
}

#[test]
fn a_secret_is_read_from_a_file_that_age_encrypted() {
    let desk = declared("{ age: { file: erp.age, identity: ~/key.txt } }");
    let root = &desk.root();
    let said = |path: Option<&Path>, json: &[&str]| {
        let mut all = vec!["secrets"];
        all.extend(json);
        let path = path.map_or_else(|| std::env::var("PATH").unwrap(), |p| p.display().to_string());
        desk.say_with(&all, &[("HOME", root.to_str().unwrap()), ("PATH", &path)])
    };
    assert!(said(None, &[]).out.contains("erp.age` is not there"));
    encrypted(root);
    assert!(there(&said(None, &["--json"])), "{}", said(None, &[]).out);
    assert!(said(None, &[]).out.contains("ERP_TOKEN: age erp.age; given to notice room"));

    let nothing = tempfile::tempdir().unwrap();
    let without = said(Some(nothing.path()), &[]).out;
    assert!(without.contains("`age` is not installed: the package `age` brings it"), "{without}");
    let key = root.join("key.txt");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    let open = said(None, &[]).out;
    assert!(open.contains("others may read the file of its key; `chmod 600`"), "{open}");
    // Another key opens nothing, and nothing of what `age` says of it is repeated.
    fs::write(&key, Command::new("age-keygen").output().unwrap().stdout).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let other = said(None, &[]).out;
    assert!(other.contains("`age` ended with exit status: 1"), "{other}");
    fs::remove_file(&key).unwrap();
    assert!(said(None, &[]).out.contains("key.txt` is not there"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_secret_is_read_from_the_keyring_of_this_machine() {
    let desk = declared("{ keyring: { service: erp, account: flightdeck } }");
    let home = tempfile::tempdir().unwrap();
    // A session of its own with a keyring of its own, which nobody has to unlock.
    let script = "printf pass | gnome-keyring-daemon --unlock --components=secrets >/dev/null\n\
                  printf %s \"$VALUE\" | secret-tool store --label=erp service erp account flightdeck\n\
                  \"$FLIGHTDECK\" secrets --json\n";
    let said = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", script])
        .current_dir(desk.root())
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .env("VALUE", VALUE)
        .env("FLIGHTDECK", env!("CARGO_BIN_EXE_flightdeck"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&said.stdout);
    assert!(out.contains(r#""from":"keyring erp, flightdeck""#), "{said:?}");
    assert!(out.contains(r#""there":true"#) && !out.contains(VALUE), "{said:?}");

    let nothing = tempfile::tempdir().unwrap();
    let without = desk.say_with(&["secrets"], &[("PATH", nothing.path().to_str().unwrap())]).out;
    assert!(without.contains("`secret-tool` is not installed: the package `libsecret-tools`"));
}
