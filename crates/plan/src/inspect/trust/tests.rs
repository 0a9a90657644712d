//! Which conditions can only hold on a trusted fact. `t` is trusted here, `u` is not.

use super::fact;

#[test]
fn a_condition_rests_on_a_fact_when_every_alternative_does() {
    let trusted = |path: &crate::expr::Path| path.root() == "t";
    for (text, expected) in [
        ("t.ok", true),
        ("u.ok", false),
        ("true", false),
        ("u.ok && t.ok", true),
        ("u.ok || t.ok", false),
        ("t.a || t.b && u.c", true),
        ("t.a && u.b || u.c", false),
        ("(u.a || t.a) && u.b", false),
        ("(u.a || t.a) && t.b", true),
        ("(t.a) && (u.a)", true),
        ("found(t.a)", true),
        ("!found(t.a)", false),
        ("found(t.a) == false", false),
        ("found(t.a) == found(u.b)", false),
        ("!t.blocked", true),
        ("!(t.a && u.b)", false),
        ("u.total <= t.total", true),
        ("u.a ? t.b : u.c", false),
        ("u.name == 'a && t.b'", false),
        ("((((u.a))))", false),
    ] {
        assert_eq!(fact(&trusted, text, 0), expected, "{text}");
    }
}
