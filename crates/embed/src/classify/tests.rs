//! What is learnt from a few examples, what is refused, and that the solver solves.

use super::*;

const ASKS: &[(&str, &str)] = &[
    ("Where is my parcel?", "delivery"),
    ("The package has not arrived.", "delivery"),
    ("My delivery is late.", "delivery"),
    ("When will it be shipped?", "delivery"),
    ("The courier never came.", "delivery"),
    ("I forgot my password.", "account"),
    ("I cannot log in.", "account"),
    ("Please change my e-mail address.", "account"),
    ("My account is locked.", "account"),
    ("The login page shows an error.", "account"),
];

type Change = dyn Fn(&mut Vec<(&str, &str)>);

fn learn(all: &[(&str, &str)]) -> Result<Classifier, Unfit> {
    let all: Vec<Example<'_>> = all.iter().map(|(text, label)| Example { text, label }).collect();
    Classifier::learn(&all)
}

#[test]
fn other_words_for_the_same_thing_are_found() {
    let asks = learn(ASKS).unwrap();
    let check = |text: &str, label: &str| {
        let text = vector(text);
        let found = asks.classify(&text);
        assert_eq!(found.label, label, "{found:?}");
        assert_eq!(found, learn(ASKS).unwrap().classify(&text), "the same again");
        assert!(found.margin > 0.0 && found.runner_up != label);
    };
    check("the postman did not bring the box I bought", "delivery");
    check("it says wrong user name when signing in", "account");
    let nothing = vector(" \u{200b} ");
    let found = asks.classify(&nothing);
    assert_eq!((found.label, found.margin), ("", 0.0));
    let known: Vec<Vector> = ASKS.iter().map(|(text, _)| vector(text)).collect();
    let near = nearest(&vector("where has my parcel got to"), &known, 3);
    assert_eq!((near[0].0, near.len()), (0, 3));
    assert!(near[0].1 > near[1].1 && near[1].1 >= near[2].1);
    assert_eq!(nearest(&vector("parcel"), &known, 99).len(), ASKS.len());
    assert!(nearest(&vector("parcel"), &[], 3).is_empty());
}

#[test]
fn examples_that_teach_nothing_are_refused() {
    let check = |change: &Change, at: usize, expected: &str| {
        let mut all = ASKS.to_vec();
        change(&mut all);
        let unfit = learn(&all).unwrap_err();
        assert!(unfit.why.contains(expected) && unfit.at == at, "{unfit:?}");
    };
    check(&|all| all.clear(), 0, "nothing to choose between");
    check(&|all| all.truncate(5), 0, "nothing to choose between");
    check(&|all| all.truncate(8), 5, "`account` has 3 examples: give it at least 5");
    check(&|all| all[7] = ("where  is my PARCEL?", "account"), 7, "`account` here and `delivery`");
    check(&|all| all[3] = ("\u{200b}", "delivery"), 3, "no word of this text is known");
}

#[test]
fn the_solver_gives_back_what_was_put_in() {
    let n = 40;
    let cell = |i: usize, j: usize| ((i * 31 + j * 17) % 23) as f64 / 23.0;
    // Sums of squares of made-up rows, plus a ridge.
    let square = |i: usize, j: usize| {
        (0..n).map(|k| cell(k, i) * cell(k, j)).sum::<f64>() + f64::from(u8::from(i == j))
    };
    let x: Vec<f64> = (0..n).map(|i| (i % 7) as f64 - 3.0).collect();
    let sums: Vec<f64> = (0..n).map(|i| (0..n).map(|j| square(i, j) * x[j]).sum()).collect();
    let lower: Vec<Vec<f64>> = (0..n).map(|i| (0..=i).map(|j| square(i, j)).collect()).collect();
    let found = solved(&halved(&lower), &sums);
    assert!(found.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
}
