//! Forms of several parts, and the files that may be in them.

use std::fs;

use super::*;

const FILE: &str = r##"
openapi: 3.0.3
info: { title: Parts, version: "1" }
paths:
  /send:
    post:
      operationId: send
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema: { $ref: '#/components/schemas/Letter' }
            encoding:
              about: { contentType: application/json }
              picture: { contentType: 'image/png, image/jpeg' }
              raw: { contentType: application/x-raw }
      responses: { default: { description: any } }
components:
  schemas:
    Letter:
      type: object
      required: [ title, scan ]
      properties:
        title: { type: string }
        copies: { type: integer }
        tags: { type: array, items: { type: string } }
        about: { type: array, items: { type: string } }
        more: { type: object }
        scan: { type: string, format: binary, description: the scan }
        picture: { type: string, format: binary, nullable: true }
        raw: { type: array, items: { type: string, format: binary } }
"##;

fn letters(base: &str, file: &str, files: Option<PathBuf>) -> Result<Http, String> {
    Http::open(Api {
        file: "parts.yaml".to_owned(),
        description: file.to_owned(),
        operations: vec!["send".to_owned()],
        base: base.to_owned(),
        headers: Vec::new(),
        keys: Vec::new(),
        files,
        private: false,
        time: Duration::from_secs(20),
    })
}

#[test]
fn what_a_form_cannot_hold_is_named_when_the_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let check = |from: &str, to: &str, expected: &str| {
        let file = FILE.replacen(from, to, 1);
        assert_ne!(file, FILE);
        let opened = letters("https://a.example", &file, Some(folder.path().to_owned()));
        let Err(why) = opened else { panic!("`{to}` is served") };
        assert!(why.contains(expected), "{why}");
    };
    let Err(why) = letters("https://a.example", FILE, None) else { panic!("it is served") };
    assert!(why.contains("is a file: `--files FOLDER` opens some"), "{why}");
    check("{ contentType: application/json }", "{ style: deepObject }", "the style `deepObject`");
    check("application/json }", "application/xml }", "`about` cannot be written as");
    check("application/x-raw", "no kind", "`raw` cannot be written as `no kind`");
    let own = "{ headers: { X-Part: { required: true } } }";
    check("{ contentType: application/json }", own, "has a header `X-Part` of its own");
    check("title: { type: string }", "'a\"b': { type: string }", "cannot be called");
    let deep = "more: { type: object, properties: { deep: { type: string, format: binary } } }";
    check("more: { type: object }", deep, "a file in a way that is not read");
    let Err(why) = letters("https://a.example", FILE, Some(folder.path().join("none"))) else {
        panic!("there is no such folder")
    };
    assert!(why.contains("cannot be used"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_holds_texts_and_files_of_one_folder() {
    let (asked, seen) = (Asked::default(), Asked::default());
    let record = {
        let asked = Arc::clone(&asked);
        move |request: Request| async move {
            let (head, body) = request.into_parts();
            let kind = head.headers[header::CONTENT_TYPE].to_str().unwrap().to_owned();
            let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
            let length = head.headers[header::CONTENT_LENGTH].to_str().unwrap().to_owned();
            let body: Bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            assert_eq!(length, body.len().to_string());
            let text = String::from_utf8_lossy(&body).replace(boundary, "B");
            asked.lock().unwrap().push(text);
            "taken"
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(record)).await });
    let talk = move || {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "x").unwrap();
        let folder = outside.path().join("out");
        fs::create_dir_all(folder.join("in")).unwrap();
        fs::write(folder.join("in/scan \u{fc}.pdf"), "%PDF").unwrap();
        fs::write(folder.join("a.png"), "PNG").unwrap();
        fs::write(folder.join("b"), [0, 1]).unwrap();
        fs::write(folder.join("a\nb"), "x").unwrap();
        std::os::unix::fs::symlink("../secret", folder.join("link")).unwrap();
        let large = fs::File::create(folder.join("large")).unwrap();
        large.set_len((32 << 20) + 1).unwrap();
        let http = letters(&base, FILE, Some(folder)).unwrap();
        let input = &http.tools()[0].input_schema;
        let body = &input["properties"]["body"]["properties"];
        let told = "the path of a file in the folder that is open to this tool. the scan";
        let path = json!({ "type": "string", "minLength": 1, "description": told });
        assert_eq!(body["scan"], path);
        assert_eq!(body["raw"]["items"]["minLength"], 1);
        assert_eq!(body["picture"]["anyOf"][0]["minLength"], 1);

        let form = json!({
            "title": "Gr\u{fc}\u{df}e\r\n--B--", "copies": 2, "tags": ["a", "b"], "about": ["c"],
            "more": { "k": 1 }, "scan": "in/scan \u{fc}.pdf", "picture": "a.png", "raw": ["b", "b"],
        });
        let answer = came(&http, "send", json!({ "body": form })).unwrap();
        assert_eq!(answer, json!({ "status": 200, "body": "taken" }));
        let asked = asked.lock().unwrap().pop().unwrap();
        seen.lock().unwrap().push(asked.clone());
        let part = |head: &str, body: &str| {
            let part = format!("--B\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n");
            assert!(asked.contains(&part), "no {part:?} in {asked:?}");
        };
        part("name=\"title\"", "Gr\u{fc}\u{df}e\r\n--B--");
        part("name=\"copies\"", "2");
        part("name=\"tags\"", "a");
        part("name=\"tags\"", "b");
        part("name=\"about\"\r\nContent-Type: application/json", "[\"c\"]");
        part("name=\"more\"\r\nContent-Type: application/json", "{\"k\":1}");
        let pdf = "filename=\"scan \u{fc}.pdf\"\r\nContent-Type: application/pdf";
        part(&format!("name=\"scan\"; {pdf}"), "%PDF");
        part("name=\"picture\"; filename=\"a.png\"\r\nContent-Type: image/png", "PNG");
        part("name=\"raw\"; filename=\"b\"\r\nContent-Type: application/x-raw", "\0\u{1}");
        assert_eq!(asked.matches("name=\"raw\"").count(), 2);

        let check = |name: &str, value: Value, expected: &str| {
            let mut body = json!({ "title": "t", "scan": "b" });
            body[name] = value;
            let why = came(&http, "send", json!({ "body": body })).unwrap_err();
            assert!(why.contains(expected), "{name}: {why}");
        };
        check("scan", json!("../secret"), "outside the folder");
        check("scan", json!("link"), "outside the folder");
        check("scan", json!("/etc/passwd"), "outside the folder");
        check("scan", json!("in"), "is no file");
        check("scan", json!("none"), "there is no `none`");
        check("scan", json!("large"), "hold more than");
        check("scan", json!("a\nb"), "a name that cannot be sent");
        check("x\"\r\nContent-Type: text/html", json!("y"), "a part cannot be called");
        check("x%0d", json!("y"), "a part cannot be called");
    };
    tokio::task::spawn_blocking(talk).await.unwrap();
}
