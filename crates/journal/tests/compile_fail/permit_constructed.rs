//! An act that no rule saw.

fn permit(ask: journal::NotifyAsk, run: journal::RunId) -> journal::Permit {
    journal::Permit {
        run,
        act: journal::ActNo(1),
        epoch: journal::Epoch(1),
        payload: journal::Payload::Notify(ask),
    }
}

fn main() {}
