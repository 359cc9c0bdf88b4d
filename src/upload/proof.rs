//! What shows that an object is there as it was sent.

/// The kinds of proof, as a receipt names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// Everything was read back and hashed.
    ReadBack,
    /// The service's ETag is the MD5 of what was sent.
    Etag,
    /// The service's ETag is that of the parts that were sent.
    EtagOfParts,
    /// The size, and some of it read back.
    Sample,
    /// Their receipt has the SHA-256 of what was sent.
    ReceiptSha256,
    /// Their receipt has its MD5.
    ReceiptMd5,
    /// Their receipt has its size.
    ReceiptSize,
    /// They gave it a number.
    ReceiptId,
}

impl Proof {
    /// The word in the receipt.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Proof::ReadBack => "read-back",
            Proof::Etag => "etag-md5",
            Proof::EtagOfParts => "etag-md5-parts",
            Proof::Sample => "size-and-sample",
            Proof::ReceiptSha256 => "receipt-sha256",
            Proof::ReceiptMd5 => "receipt-md5",
            Proof::ReceiptSize => "receipt-size",
            Proof::ReceiptId => "receipt-id",
        }
    }
}
