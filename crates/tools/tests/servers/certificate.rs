//! A server behind TLS: reached where somebody vouches for its certificate, and not otherwise. Who
//! vouches is read from the environment once, so whoever reaches out is another process.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::serve::Listener;
use plan::lock::Lock;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tools::{Remote, Secret, ServerSpec, Tools, Way};

use crate::far::Far;
use crate::launcher;

pub type Authority = CertifiedIssuer<'static, KeyPair>;

pub fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// What shows a certificate of this authority for `localhost`.
pub fn acceptor(authority: &Authority) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        );
    TlsAcceptor::from(Arc::new(config.unwrap()))
}

pub struct Encrypted {
    pub listener: TcpListener,
    pub acceptor: TlsAcceptor,
}

impl Listener for Encrypted {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = self.listener.accept().await.unwrap();
            // A client that trusts nobody here breaks off; that is the other side's to report.
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// What another process has to say about a server, with one file of those who vouch.
async fn reached(url: &str, vouching: &Path) -> String {
    let mut other = tokio::process::Command::new(std::env::current_exe().unwrap());
    other.args(["--exact", "as_server", "--nocapture", "--quiet"]);
    other.env("ROLE", "reach").env("URL", url).env("SSL_CERT_FILE", vouching);
    let said = other.env_remove("SSL_CERT_DIR").output().await.unwrap();
    String::from_utf8_lossy(&said.stdout).into_owned()
}

/// The role of that process.
pub async fn reach(url: &str) {
    let far = ServerSpec::new("far", Way::Remote(Remote::new(Secret::new(url.to_owned()))));
    let pool = Tools::new(vec![far], &Lock::default(), launcher());
    match pool.offered("far").await {
        Ok(offered) => println!("it offers {}", offered.len()),
        Err(why) => println!("{why}"),
    }
    pool.close().await;
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_is_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, authority: &Authority| {
        let path = folder.path().join(name);
        std::fs::write(&path, authority.pem()).unwrap();
        path
    };
    let (ours, other) = (authority(), authority());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/mcp", listener.local_addr().unwrap().port());
    let encrypted = Encrypted { listener, acceptor: acceptor(&ours) };
    let (app, desk) = Far::open_to_all();
    tokio::spawn(async move { axum::serve(encrypted, app).await });

    let said = reached(&url, &file("other.pem", &other)).await;
    assert!(said.contains("did not start") && said.contains("certificate"), "{said}");
    assert_eq!(desk.lock().unwrap().requests, 0, "nothing was sent");
    let said = reached(&url, &file("ours.pem", &ours)).await;
    assert!(said.contains("it offers 1"), "{said}");
    assert!(desk.lock().unwrap().requests > 0);
}
