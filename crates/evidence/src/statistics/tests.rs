//! The intervals against published figures, and how often they are wrong.

use super::{newcombe, normal, student, welch, whole, wilson};

fn near(one: f64, two: f64, apart: f64) -> bool {
    (one - two).abs() < apart
}

#[test]
fn quantiles_are_those_of_the_tables() {
    for (beyond, wanted) in [(0.025, 1.95996), (0.005, 2.57583), (0.0005, 3.29053)] {
        assert!(near(normal(beyond), wanted, 0.0005), "{beyond}");
    }
    // Student's at 19 degrees of freedom: 2.093 for 95 %, 2.861 for 99 %.
    assert!(near(student(normal(0.025), 19.0), 2.093, 0.005));
    assert!(near(student(normal(0.005), 19.0), 2.861, 0.01));
}

#[test]
fn differences_are_those_of_the_papers() {
    // Newcombe 1998, table II, method 10: 56/70 and 48/80; 9/10 and 3/10.
    let (low, high) = newcombe((56, 70), (48, 80), 1.959_964);
    assert!(near(low, 0.0524, 0.0001) && near(high, 0.3339, 0.0001), "{low} {high}");
    let (low, high) = newcombe((9, 10), (3, 10), 1.959_964);
    assert!(near(low, 0.1705, 0.0001) && near(high, 0.8090, 0.0001), "{low} {high}");
    let (low, high) = wilson(15, 148, 1.959_964);
    assert!(near(low, 0.0624, 0.0001) && near(high, 0.1605, 0.0001), "{low} {high}");
    assert_eq!(wilson(0, 0, 1.96), (0.0, 1.0));
}

#[test]
fn means_that_never_vary_differ_exactly() {
    assert_eq!(welch(&[3; 20], &[1; 30], 3.0), (2.0, 2.0));
    let (low, high) = welch(&[1, 2, 3, 4, 5], &[2, 4, 6, 8, 10], 1.959_964);
    assert!(low < -3.0 && high > -3.0 && low > -8.0, "{low} {high}");
    assert_eq!((whole(-2.5e-9), whole(1e300), whole(41.7)), (0, 9_000_000_000_000_000_000, 42));
}
