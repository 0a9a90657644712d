//! Programs that must not build: each would act without a stored allow, or act twice.

#[test]
fn no_act_without_a_stored_allow() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
