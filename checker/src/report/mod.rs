//! What is shown: text and JSON.
