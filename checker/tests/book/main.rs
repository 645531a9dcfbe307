//! The book on a course of two lessons: built, rebuilt, and served to friend and foe.

mod build;
mod course;
mod rebuild;
mod server;
