//! What the book lets in, and what it does not.

use super::*;

const NOW: Millis = Millis(1_800_000_000_000);
const GOOD: &str = "a long walk at night";

fn who(name: &str) -> PersonId {
    PersonId::new(name).unwrap()
}

fn book() -> (tempfile::TempDir, Book) {
    let folder = tempfile::tempdir().unwrap();
    let book = Book::open(&folder.path().join("access.db")).unwrap();
    (folder, book)
}

fn later(ms: u64) -> Millis {
    Millis(NOW.0 + ms)
}

#[test]
fn a_link_sets_a_password_once_and_for_a_day() {
    let (_folder, book) = book();
    let mara = who("mara@acme.example");
    assert!(book.is_new(NOW).unwrap());
    let first = book.link(&mara, NOW).unwrap();
    let link = book.link(&mara, NOW).unwrap();
    assert!(matches!(book.set_password(first.shown(), GOOD, NOW), Err(Refused::Link)));
    for easy in ["short", "aaaaaaaaaaaaaaaa", "mara is my name 1"] {
        let no = book.set_password(link.shown(), easy, NOW);
        assert!(matches!(no, Err(Refused::Password(_))), "{easy}");
    }
    let late = later(LINK_MS);
    assert!(matches!(book.set_password(link.shown(), GOOD, late), Err(Refused::Link)));
    assert_eq!(book.set_password(link.shown(), GOOD, NOW).unwrap(), mara);
    assert!(matches!(book.set_password(link.shown(), GOOD, NOW), Err(Refused::Link)));
    assert!(!book.is_new(NOW).unwrap());
    book.check(&mara, GOOD, NOW).unwrap();
    assert!(matches!(book.check(&mara, "another one entirely", NOW), Err(Refused::Wrong)));
}

#[test]
fn a_link_that_two_use_at_once_sets_one_password() {
    let (_folder, book) = book();
    let link = book.link(&who("mara@acme.example"), NOW).unwrap();
    // Hashing is slow, so that both have found the link before either has used it up.
    let both = std::sync::Barrier::new(2);
    let set = |new: &'static str| {
        both.wait();
        book.set_password(link.shown(), new, NOW)
    };
    let (one, other) = std::thread::scope(|scope| {
        let other = scope.spawn(|| set("seven grey geese at dusk"));
        (set(GOOD), other.join().unwrap())
    });
    let (won, lost) = if one.is_ok() { (one, other) } else { (other, one) };
    assert!(won.is_ok() && matches!(lost, Err(Refused::Link)), "{won:?} {lost:?}");
}

#[test]
fn whoever_guesses_waits_longer_and_longer_and_so_does_nobody() {
    let (_folder, book) = book();
    let (mara, nobody) = (who("mara@acme.example"), who("nobody@acme.example"));
    let link = book.link(&mara, NOW).unwrap();
    book.set_password(link.shown(), GOOD, NOW).unwrap();
    for person in [&mara, &nobody] {
        for _ in 0..=FREE_TRIES {
            assert!(matches!(book.check(person, "wrong words here", NOW), Err(Refused::Wrong)));
        }
        // The right one has to wait too: otherwise guessing would go on.
        assert!(matches!(book.check(person, GOOD, NOW), Err(Refused::Wait(15))));
    }
    assert!(matches!(book.check(&mara, "wrong words here", later(15_000)), Err(Refused::Wrong)));
    assert!(matches!(book.check(&mara, GOOD, later(15_000)), Err(Refused::Wait(30))));
    book.check(&mara, GOOD, later(45_000)).unwrap();
    assert_eq!(book.waits(&mara, later(45_000)).unwrap(), 0);
    assert_eq!(wait(60), WAIT_MAX_MS);
    // A new link is the way out of a wait.
    assert!(book.waits(&nobody, NOW).unwrap() > 0);
    let link = book.link(&nobody, NOW).unwrap();
    book.set_password(link.shown(), GOOD, NOW).unwrap();
    book.check(&nobody, GOOD, NOW).unwrap();
}

#[test]
fn a_session_ends_by_itself_by_its_person_and_by_a_new_password() {
    let (_folder, book) = book();
    let mara = who("mara@acme.example");
    let begin = || book.begin(&mara, Way::Provider, NOW).unwrap();
    let (one, two) = (begin(), begin());
    assert_ne!(one.shown(), two.shown());
    let session = |word: &Word, now| book.session(word.shown(), now).unwrap();
    assert_eq!(session(&one, NOW).unwrap().way, Way::Provider);
    assert_eq!(session(&one, later(IDLE_MS)), None, "it was idle");
    // Whoever goes on using it keeps it, and not for ever.
    let mut now = NOW;
    while now.0 + IDLE_MS / 2 < NOW.0 + SESSION_MS {
        now = Millis(now.0 + IDLE_MS / 2);
        assert!(session(&two, now).is_some(), "{now:?}");
    }
    assert_eq!(session(&two, later(SESSION_MS)), None);
    book.end(one.shown()).unwrap();
    assert_eq!(session(&one, NOW), None);
    let three = begin();
    let link = book.link(&mara, NOW).unwrap();
    book.set_password(link.shown(), GOOD, NOW).unwrap();
    assert_eq!(session(&three, NOW), None);
}

#[test]
fn a_token_does_what_it_was_made_for_until_it_is_over() {
    let (folder, book) = book();
    let mara = who("mara@acme.example");
    let rights = Rights::from([Right::Read, Right::Start]);
    let until = later(1_000);
    let (id, word) = book.token(&mara, "acme", ("nightly", &rights), (NOW, until)).unwrap();
    let told = book.told(word.shown(), NOW).unwrap().unwrap();
    assert_eq!((&told.id, &told.who, told.workspace.as_str()), (&id, &mara, "acme"));
    assert_eq!(told.rights, rights);
    assert_eq!(book.told(word.shown(), until).unwrap(), None);
    let line = book.tokens("acme").unwrap().remove(0);
    assert_eq!((line.id.as_str(), line.used), (id.as_str(), Some(NOW)));
    assert!(book.tokens("other").unwrap().is_empty());
    assert!(!book.end_token("other", &id, NOW).unwrap(), "it is another workspace's");
    assert!(book.end_token("acme", &id, NOW).unwrap());
    assert_eq!(book.told(word.shown(), NOW).unwrap(), None);
    let (_, word) = book.token(&mara, "acme", ("second", &rights), (NOW, until)).unwrap();
    let session = book.begin(&mara, Way::Link, NOW).unwrap();
    assert_eq!(book.shut_out(&mara, NOW).unwrap(), 2);
    assert_eq!(book.told(word.shown(), NOW).unwrap(), None);
    assert_eq!(book.session(session.shown(), NOW).unwrap(), None);
    // Nothing that opens anything stands in the file, and nobody else may read it.
    drop(book);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let holds = bytes.windows(word.shown().len()).any(|part| part == word.shown().as_bytes());
        assert!(!holds, "{}", path.display());
        let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
}
