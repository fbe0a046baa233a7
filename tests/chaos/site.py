"""The site that chaos crawls: every page is made from its number, so two runs find the same.

A process of its own: `python -m tests.chaos.site PAGES SECONDS [ADDRESS]` prints its URL; an answer takes SECONDS.
"""

from __future__ import annotations

import random
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

#: Articles that one sitemap lists: the crawl finds its URLs piece by piece.
_PER_SITEMAP = 100

_WORDS = (
    "the council bridge river winter market harbour school engineer mayor decision budget protest election storm "
    "hospital railway farmer village minister report investment water energy company worker history festival museum "
    "court judge witness forest island tourist airport harvest price"
).split()


def article(number: int) -> bytes:
    """The page of an article; its words depend on `number` alone."""
    dice = random.Random(number)
    headline = " ".join(dice.choices(_WORDS, k=7)).capitalize()
    paragraphs = "".join(
        f"<p>{' '.join(dice.choices(_WORDS, k=30)).capitalize()}, number {number} said on day {part}.</p>"
        for part in range(6)
    )
    return (
        f"<html lang='en'><head><title>{headline} {number}</title></head><body><nav><a href='/'>Home</a></nav>"
        f"<article><h1>{headline} {number}</h1>{paragraphs}</article><footer>All rights reserved</footer></body></html>"
    ).encode()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that was killed in the middle is what this site is for."""


def serve(pages: int, seconds: float, address: str = "127.0.1.1") -> None:
    """Serve until killed."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            base = f"http://{self.headers['Host']}"
            kind, _, number = self.path.strip("/").partition("/")
            if kind == "story" and number.isdigit() and int(number) < pages:
                time.sleep(seconds)
                return self.answer("text/html; charset=utf-8", article(int(number)))
            if kind == "gone":
                return self.answer("text/plain", b"gone\n", 410)
            if self.path == "/robots.txt":
                return self.answer("text/plain", f"Sitemap: {base}/sitemap.xml\n".encode())
            if self.path == "/sitemap.xml":
                numbers = range(-(-pages // _PER_SITEMAP))
                parts = "".join(f"<sitemap><loc>{base}/map/{n}</loc></sitemap>" for n in numbers)
                return self.answer("application/xml", f"<sitemapindex>{parts}</sitemapindex>".encode())
            if kind == "map" and number.isdigit():
                first = int(number) * _PER_SITEMAP
                urls = [f"{base}/story/{n}" for n in range(first, min(pages, first + _PER_SITEMAP))]
                urls.append(f"{base}/gone/{number}")
                body = "".join(f"<url><loc>{escape(url)}</loc></url>" for url in urls)
                return self.answer("application/xml", f"<urlset>{body}</urlset>".encode())
            if self.path == "/":
                return self.answer("text/html", b"<html><body><p>The news.</p></body></html>")
            return self.answer("text/plain", b"not found\n", 404)

        def answer(self, content_type: str, body: bytes, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = _Server((address, 0), Handler)
    print(f"http://{address}:{server.server_port}/", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), float(sys.argv[2]), *sys.argv[3:])
