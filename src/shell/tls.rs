//! TLS through rustls with ring, trusting the bundled web roots.

/// Names the process's cryptography; without it the first `wss://` connection would panic. Calling it again is harmless.
pub fn install_provider() {
    // An error only says that a provider is installed already.
    drop(rustls::crypto::ring::default_provider().install_default());
}
