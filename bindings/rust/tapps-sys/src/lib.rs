//! The declarations of `tapps.h`, as they are. The crate `tapps` has what a program wants to use.
#![allow(non_camel_case_types)]

mod declarations;

pub use declarations::*;
