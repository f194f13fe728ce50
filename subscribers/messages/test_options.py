"""How the script reads its options."""

from __future__ import annotations

import fcntl
import os
import tempfile
import unittest

import options
from fakes import Running

SECRET = "whsec_" + "A" * 32


class Options(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder, self.state = folder.name, folder.name + "/cursor"

    def mistakes(self, *arguments, **environment) -> list[str]:
        with self.assertRaises(options.Mistakes) as raised:
            options.read(list(arguments), environment)
        return raised.exception.args[0]

    def test_by_environment(self):
        chosen = options.read([], {
            "YEYAK_FEED_URL": "http://a:1/", "MESSAGES_STATE": self.state, "MESSAGES_WEBHOOK": "https://b/hook?t=1",
            "MESSAGES_SECRET": SECRET, "MESSAGES_LANGUAGE": "ko",
        })
        self.assertEqual(("http://a:1", "https://b/hook?t=1", bytes(24), "ko"), (chosen.feed, chosen.webhook, chosen.key, chosen.language))

    def test_by_data_folder(self):
        environment = {"YEYAK_DATA_DIR": self.folder}
        with open(self.folder + "/env", "w") as file:
            file.write("# Where yeyak dev is.\nexport API='http://127.0.0.1:8081'\nexport TEMPORAL_ADDRESS='127.0.0.1:7234'\nexport YEYAK_API_KEY='yeyak_dev'\n")
            file.flush()
            self.assertEqual(["--feed (YEYAK_FEED_URL): is needed"], self.mistakes(**environment))  # of an ended process
            fcntl.flock(file, fcntl.LOCK_EX)  # like a running process
            chosen = options.read([], environment)
            self.assertEqual(("http://127.0.0.1:8081", os.path.realpath(self.folder) + "/messages.cursor"), (chosen.feed, chosen.state))
            self.assertEqual("yeyak_dev", chosen.api_key)
            chosen = options.read(["--feed=http://a"], {**environment, "MESSAGES_STATE": self.state})
            self.assertEqual(("http://a", os.path.realpath(self.state)), (chosen.feed, chosen.state))
            self.assertEqual("", chosen.api_key)  # another API does not get the key
            chosen = options.read(["--feed=http://a"], {**environment, "MESSAGES_STATE": self.state, "YEYAK_API_KEY": "yeyak_a"})
            self.assertEqual("yeyak_a", chosen.api_key)
        self.assertEqual(["--feed (YEYAK_FEED_URL): is needed"], self.mistakes(**environment))

    def test_option_before_environment(self):
        chosen = options.read(["--feed=http://a", "--state", self.state], {"YEYAK_FEED_URL": "nonsense", "MESSAGES_SECRET": ""})
        self.assertEqual(("http://a", "", None, "en", 1.0), (chosen.feed, chosen.webhook, chosen.key, chosen.language, chosen.poll))

    def test_listen(self):
        for value, want in {
            "": None, "127.0.0.1:8092": ("127.0.0.1", 8092), ":8092": ("0.0.0.0", 8092), "[::1]:0": ("::1", 0),
        }.items():
            chosen = options.read(["--feed", "http://a", "--state", self.state], {"MESSAGES_LISTEN": value})
            self.assertEqual(want, chosen.listen)

    def test_every_mistake_at_once(self):
        found = self.mistakes("--bogus", "--language", "de", "--poll", "-1", "--state", "/none/cursor", "--secret", "hush", "--webhook")
        self.assertEqual([
            "--bogus: there is no such option",
            "--feed (YEYAK_FEED_URL): is needed",
            "--state (MESSAGES_STATE): its folder does not exist",
            "--webhook: its value is missing",
            "--secret (MESSAGES_SECRET): must be whsec_ and 24 to 64 bytes in base64",
            "--language (MESSAGES_LANGUAGE): must be en or ko",
            "--poll: must be a number of seconds, above 0 and at most 3600",
        ], found)

    def test_values(self):
        good = ["--feed", "http://a", "--state", self.state, "--webhook", "http://b"]
        for wrong in [
            *(["--feed", url] for url in ("a", "ftp://a", "http://", "http://a:b", "http://a:0", "http://u:p@a", "http://a/ b",
                                          "http://a#b", "http://a?b", "http://[", "http://예약")),
            *(["--webhook", url] for url in ("b", "http://u@b")),
            *(["--secret", s] for s in ("A" * 32, "whsec_", "whsec_é", "whsec_" + "A" * 31, "whsec_" + "A" * 28, "whsec_" + "A" * 88)),
            *(["--listen", at] for at in ("8092", "a:b", "a:", "a:70000", "::1:80", "a:٣")),
            *(["--api-key", k] for k in ("a b", "ключ")),
            *(["--poll", p] for p in ("0", "nan", "inf", "3601", "x")),
            ["--state", self.folder], ["--once=yes"], ["more"],
        ]:
            with self.subTest(wrong):
                self.assertEqual(1, len(self.mistakes(*good, *wrong)))

    def test_secret_without_a_webhook(self):
        self.assertIn("there is no --webhook", self.mistakes("--feed", "http://a", "--state", self.state, "--secret", SECRET)[0])

    def test_exit_status(self):
        out, err = Running("--feed", "a", "--poll", "x").ended(2)
        self.assertEqual(("", 4), (out, len(err.splitlines())))
        out, _ = Running("--help").ended(0)
        self.assertIn("YEYAK_FEED_URL", out)


if __name__ == "__main__":
    unittest.main()
