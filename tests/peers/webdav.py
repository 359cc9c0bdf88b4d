"""WsgiDAV over a folder."""

import faults
from wsgidav.fs_dav_provider import FilesystemProvider
from wsgidav.wsgidav_app import WsgiDAVApp


class Peer(faults.Folder):
    def __init__(self, wanted):
        super().__init__(wanted.folder)
        users = {wanted.user: {"password": wanted.password}} if wanted.user else True
        self.app = WsgiDAVApp(
            {
                "provider_mapping": {"/": FilesystemProvider(wanted.folder)},
                "simple_dc": {"user_mapping": {"*": users}},
                "http_authenticator": {"accept_basic": True, "accept_digest": False, "default_to_digest": False},
                "lock_storage": False,
                "property_manager": False,
                "verbose": 1,
                "logging": {"enable": False},
            }
        )

    def name_of(self, environ):
        if environ["REQUEST_METHOD"] not in ("PUT", "MOVE"):
            return None
        return faults.path_of(environ).lstrip("/")
