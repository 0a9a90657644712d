//! Marks on the branches of guard, so that a test can show that each of them was reached. Outside
//! tests a mark is nothing at all.

/// Says that this branch was reached.
macro_rules! mark {
    ($name:literal) => {
        #[cfg(test)]
        $crate::marks::reached($name);
    };
}

pub(crate) use mark;

#[cfg(test)]
thread_local! {
    static REACHED: std::cell::RefCell<std::collections::BTreeSet<&'static str>> =
        const { std::cell::RefCell::new(std::collections::BTreeSet::new()) };
}

#[cfg(test)]
pub(crate) fn reached(name: &'static str) {
    REACHED.with_borrow_mut(|all| all.insert(name));
}

/// The marks reached since the last call, on this thread.
#[cfg(test)]
pub(crate) fn take() -> std::collections::BTreeSet<&'static str> {
    REACHED.take()
}
