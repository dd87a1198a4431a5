"""EC2 where machine images have a date, which emulated AWS lacks: one instance that runs, with its image."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

IMAGE = "ami-0123456789abcdef0"
INSTANCES = f"""
<DescribeInstancesResponse><reservationSet><item><instancesSet><item>
<instanceId>i-1</instanceId><imageId>{IMAGE}</imageId>
</item></instancesSet></item></reservationSet></DescribeInstancesResponse>"""


@contextmanager
def serve_image(creation_date: str) -> Iterator[str]:
    """Answer DescribeInstances and DescribeImages, and give the endpoint."""
    image = f"<imageId>{IMAGE}</imageId><creationDate>{creation_date}</creationDate>"
    answers = {
        "DescribeInstances": INSTANCES,
        "DescribeImages": f"<DescribeImagesResponse><imagesSet><item>{image}</item></imagesSet>"
        "</DescribeImagesResponse>",
    }

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            content = answers[asked["Action"][0]].encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
