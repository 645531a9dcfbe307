//! What a run of an exercise comes to: pure judgement.
