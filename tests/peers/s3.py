"""Moto's S3, with the checks that it leaves out or gets wrong for names beyond ASCII: whether a request's body is whole and what
the request says it is, and whether its signature is made with the secret.

The bucket is `graduates`. With --user and --password they are the access key and its secret; without, anybody may do anything.
"""

import base64
import hashlib
import hmac
import io
import os
import re
import zlib

os.environ.setdefault("MOTO_S3_DEFAULT_KEY_BUFFER_SIZE", str(64 << 20))

import crc32c
import faults
from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends

BUCKET = "graduates"
REGION = "us-east-1"


def number(value):
    return value.to_bytes(4, "big")


SAID = {
    "HTTP_CONTENT_MD5": lambda data: hashlib.md5(data).digest(),
    "HTTP_X_AMZ_CHECKSUM_SHA256": lambda data: hashlib.sha256(data).digest(),
    "HTTP_X_AMZ_CHECKSUM_SHA1": lambda data: hashlib.sha1(data).digest(),
    "HTTP_X_AMZ_CHECKSUM_CRC32": lambda data: number(zlib.crc32(data)),
    "HTTP_X_AMZ_CHECKSUM_CRC32C": lambda data: number(crc32c.crc32c(data)),
}


def wrong(environ, data):
    """What a request says of its body that is not so."""
    for header, digest in SAID.items():
        if header in environ and environ[header] != base64.b64encode(digest(data)).decode():
            return "BadDigest"
    signed = environ.get("HTTP_X_AMZ_CONTENT_SHA256", "")
    if len(signed) == 64 and signed != hashlib.sha256(data).hexdigest():
        return "XAmzContentSHA256Mismatch"
    return None


def stranger(environ, access_key, secret):
    """Why a request is not of who it says (AWS Signature Version 4)."""
    pattern = r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\S+?), ?SignedHeaders=([^,]+), ?Signature=(\w+)"
    said = re.fullmatch(pattern, environ.get("HTTP_AUTHORIZATION", ""))
    if not said:
        return "AccessDenied"
    who, scope, names, signature = said.groups()
    if who != access_key:
        return "InvalidAccessKeyId"
    path, _, query = environ["REQUEST_URI"].partition("?")
    pairs = sorted(p if "=" in p else p + "=" for p in query.split("&") if p)

    def header(name):
        plain = name.upper().replace("-", "_")
        return " ".join(environ.get(plain if name in ("content-type", "content-length") else "HTTP_" + plain, "").split())

    headers = "".join(f"{name}:{header(name)}\n" for name in names.split(";"))
    request = "\n".join(
        [environ["REQUEST_METHOD"], path, "&".join(pairs), headers, names, header("x-amz-content-sha256")]
    )
    text = "\n".join(
        ["AWS4-HMAC-SHA256", header("x-amz-date"), scope, hashlib.sha256(request.encode()).hexdigest()]
    )
    key = b"AWS4" + secret.encode()
    for part in [*scope.split("/"), text]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return None if hmac.compare_digest(key.hex(), signature) else "SignatureDoesNotMatch"


def refuse(start_response, status, code):
    body = f"<Error><Code>{code}</Code><Message>refused</Message></Error>".encode()
    headers = [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))]
    start_response(f"{status} Refused", headers)
    return [body]


class Peer:
    def __init__(self, wanted):
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.store = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        self.store.create_bucket(BUCKET, REGION)
        self.wanted = wanted

    def app(self, environ, start_response):
        data = faults.read_all(environ)
        length = environ.get("CONTENT_LENGTH")
        if length and len(data) != int(length):
            return refuse(start_response, 400, "IncompleteBody")
        error = self.wanted.user and stranger(environ, self.wanted.user, self.wanted.password)
        if error:
            return refuse(start_response, 403, error)
        error = wrong(environ, data)
        if error:
            return refuse(start_response, 400, error)
        for header in SAID:
            # Moto keeps a checksum only where its kind is told apart from it, which S3 does not ask for.
            if header in environ and header.startswith("HTTP_X_AMZ_CHECKSUM_"):
                kind = header.removeprefix("HTTP_X_AMZ_CHECKSUM_")
                environ.setdefault("HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM", kind)
        # Moto takes a percent sign that belongs to a name for the beginning of an escape.
        path = environ["PATH_INFO"].replace("%", "%25")
        whole = {"wsgi.input": io.BytesIO(data), "CONTENT_LENGTH": str(len(data)), "PATH_INFO": path}
        rest = {name: value for name, value in environ.items() if name != "HTTP_TRANSFER_ENCODING"}
        return self.moto({**rest, **whole}, start_response)

    def bucket(self):
        return self.store.buckets[BUCKET]

    def objects(self):
        for name, key in self.bucket().keys.items():
            yield name, key.value

    def unfinished(self):
        return [upload.key_name for upload in self.bucket().multiparts.values()]

    def name_of(self, environ):
        query = environ.get("QUERY_STRING", "")
        last = "uploadId" in query and environ["REQUEST_METHOD"] == "POST"
        if not last and (query or environ["REQUEST_METHOD"] != "PUT"):
            return None
        bucket, _, name = faults.path_of(environ).lstrip("/").partition("/")
        return name if bucket == BUCKET and name else None

    def spoil(self, name, how):
        key = self.bucket().keys[name]
        etag, data = key.etag, how(key.value)
        if data is None:
            self.store.delete_object(BUCKET, name)
        else:
            key.value = data
            key._etag = etag.strip('"')
