"""A mail server of its own process that keeps what it takes as lines of a file: `python -m tests.faults.sink --help`.

Each line is `MESSAGE-ID RECIPIENT`, written before the sender hears the yes. Some mails can be refused for now (4xx)
or for good (5xx), and the connection can be dropped after so many mails, after the yes was due and instead of it.
"""

import argparse
import asyncio
import random
import re
import sys

from aiosmtpd.smtp import SMTP

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


class Handler:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.chance, self.taken = options, random.Random(options.seed), 0
        self.log = open(options.log, "a", buffering=1)  # noqa: SIM115 (for as long as the process lives)

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        drawn = self.chance.random()
        if drawn < self.options.bounce:
            return f"550 5.1.1 <{address}>: no such mailbox"
        if drawn < self.options.bounce + self.options.busy:
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.taken += 1
        if self.options.drop_every and self.taken % self.options.drop_every == 0:
            server.transport.abort()
            return "421 gone"
        found = MESSAGE_ID.search(envelope.content)
        for address in envelope.rcpt_tos:
            self.log.write(f"{found[1].decode() if found else '-'} {address}\n")
        if self.options.slow:
            await asyncio.sleep(self.options.slow)
        return "250 taken"


async def serve(options: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    handler = Handler(options)
    server = await loop.create_server(
        lambda: SMTP(handler, enable_SMTPUTF8=True, loop=loop, ident="sink"), "127.0.0.1", options.port
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.sink", description=__doc__.splitlines()[0])
    parser.add_argument("--log", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--busy", type=float, default=0.0, help="share answered 451")
    parser.add_argument("--bounce", type=float, default=0.0, help="share answered 550")
    parser.add_argument("--drop-every", type=int, default=0, help="hang up instead of answering every so manieth mail")
    parser.add_argument("--slow", type=float, default=0.0, help="seconds before each yes")
    parser.add_argument("--seed", type=int, default=1)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
