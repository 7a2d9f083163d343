#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod breaker;
mod cache;
mod conditions;
mod docs;
mod driver;
mod entries;
mod error;
mod events;
mod fetch;
mod load;
mod native;
mod options;
mod upkeep;
mod value;

pub use breaker::{
    Breaker, BreakerInfo, BreakerOptions, BreakerState, CallError, Mode, Outcome, Permit,
};
pub use cache::{version, Cache, State};
pub use conditions::{Count, SpaceOptions, Swap};
pub use docs::{DocsOptions, Document, Plan, Progress, WarmOptions, WarmResult};
pub use driver::Operation;
pub use entries::{Entries, ListedEntry, Matching, Space};
pub use error::{Code, Error};
pub use events::{Event, EventKind, Events};
pub use fetch::{FetchOptions, Policy, Response};
pub use load::LoadOptions;
pub use options::{Durability, Get, MemoryPolicy, OpenOptions, PutOptions};
pub use value::{Info, Origin, Value};

/// What calls of this crate return.
pub type Result<T> = std::result::Result<T, Error>;
