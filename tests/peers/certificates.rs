//! A school's own authority, and certificates that it issued or should not have, made by the command `openssl`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A server's certificate and what a client would have to trust.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// PEM, the certificate.
    pub chain: PathBuf,
    /// PEM, its key.
    pub key: PathBuf,
    /// PEM, the authority that a client is told to trust.
    pub authority: PathBuf,
}

/// What may be wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    None,
    /// Its time is over.
    Expired,
    /// It is for another host.
    OtherName,
    /// Another authority issued it than the one that is trusted.
    OtherAuthority,
}

/// `None`, and a loud line, where there is no `openssl`.
pub fn certificate(folder: &Path, flaw: Flaw) -> Option<Certificate> {
    if Command::new("openssl").arg("version").output().is_err() {
        super::skipped("no openssl, so no TLS");
        return None;
    }
    let [trusted, other] = ["school", "somebody"].map(|name| authority(folder, name));
    let by = match flaw {
        Flaw::OtherAuthority => &other,
        _ => &trusted,
    };
    let (begin, end) = match flaw {
        Flaw::Expired => ("20200101000000Z", "20210101000000Z"),
        _ => ("20200101000000Z", "20990101000000Z"),
    };
    let name = match flaw {
        Flaw::OtherName => "DNS:files.example.edu",
        _ => "DNS:localhost,IP:127.0.0.1",
    };
    let (chain, key) = (folder.join("server.pem"), folder.join("server.key"));
    let request = folder.join("server.csr");
    request_for(&["-subj", "/CN=intake"], &key, &request);
    let settings = folder.join("server.cnf");
    let text = format!(
        "[ca]\ndefault_ca = d\n[d]\ndatabase = {0}/index\nserial = {0}/serial\nnew_certs_dir = {0}\ndefault_md = sha256\n\
         policy = p\nx509_extensions = e\n[p]\ncommonName = supplied\n[e]\nbasicConstraints = CA:FALSE\nsubjectAltName = {name}\n",
        folder.display()
    );
    std::fs::write(&settings, text).expect("settings");
    std::fs::write(folder.join("index"), "").expect("index");
    std::fs::write(folder.join("serial"), "01\n").expect("serial");
    openssl(
        Command::new("openssl")
            .args([
                "ca",
                "-batch",
                "-notext",
                "-startdate",
                begin,
                "-enddate",
                end,
            ])
            .arg("-config")
            .arg(&settings)
            .arg("-cert")
            .arg(&by.0)
            .arg("-keyfile")
            .arg(&by.1)
            .arg("-in")
            .arg(&request)
            .arg("-out")
            .arg(&chain),
    );
    Some(Certificate {
        chain,
        key,
        authority: trusted.0,
    })
}

/// An authority's certificate and key.
fn authority(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    let certificate = folder.join(format!("{name}.pem"));
    let key = folder.join(format!("{name}.key"));
    let subject = format!("/CN={name}");
    let more = ["-x509", "-days", "36500", "-subj", &subject];
    request_for(&more, &key, &certificate);
    (certificate, key)
}

fn request_for(more: &[&str], key: &Path, out: &Path) {
    openssl(
        Command::new("openssl")
            .args(["req", "-new", "-nodes", "-newkey", "ec"])
            .args(["-pkeyopt", "ec_paramgen_curve:P-256"])
            .args(more)
            .arg("-keyout")
            .arg(key)
            .arg("-out")
            .arg(out),
    );
}

fn openssl(command: &mut Command) {
    let done = command.output().expect("openssl");
    assert!(done.status.success(), "{command:?}: {done:?}");
}
