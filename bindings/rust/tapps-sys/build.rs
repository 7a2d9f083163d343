//! Finds libtapps: in the folder that TAPPS_LIB_DIR names, else through pkg-config.

use std::env;
use std::process::{exit, Command};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for name in ["TAPPS_LIB_DIR", "PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR"] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    println!("cargo:rustc-link-lib=dylib=tapps");
    let folder = match env::var("TAPPS_LIB_DIR") {
        Ok(folder) if !folder.is_empty() => folder,
        _ => from_pkg_config().unwrap_or_else(|why| {
            eprintln!("libtapps was not found. Tried:");
            eprintln!("  TAPPS_LIB_DIR: not set");
            eprintln!("  pkg-config --variable=libdir tapps: {why}");
            eprintln!("Install libtapps, or name the folder of libtapps.so in TAPPS_LIB_DIR.");
            exit(1)
        }),
    };
    println!("cargo:rustc-link-search=native={folder}");
    println!("cargo:libdir={folder}");
}

fn from_pkg_config() -> Result<String, String> {
    let done = Command::new("pkg-config")
        .args(["--variable=libdir", "--print-errors", "tapps"])
        .output()
        .map_err(|error| error.to_string())?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).trim().replace('\n', " "));
    }
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}
