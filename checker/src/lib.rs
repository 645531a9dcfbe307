//! The course's tool: what there is to learn ([`course`], [`quiz`]), how it is judged, and what the
//! learner has done.
//!
//! Data flows one way: course → run and quiz → verdict → progress → report. The modules judge and
//! render without touching files, processes or terminals; [`commands`] ties them to the world.

pub mod agenda;
pub mod book;
pub mod cli;
pub mod commands;
pub mod course;
pub mod decision;
pub mod files;
pub mod hand_out;
pub mod process;
pub mod progress;
pub mod quiz;
pub mod report;
pub mod room;
pub mod run;
pub mod solutions;
pub mod verdict;
pub mod workshop;
