"""Visitors of a served page without a browser: what its script says and hears on the socket."""

import asyncio
import json
from contextlib import asynccontextmanager

import aiohttp


class Visitor:
    """What a page does, without a browser."""

    def __init__(self, page):
        self.page = page
        self.told = []
        self.sound = b""

    async def hear(self, kind):
        """Return the next message of a kind."""
        while True:
            message = await self.page.receive(30)
            if message.type is aiohttp.WSMsgType.BINARY:
                self.sound += message.data
                continue
            assert message.type is aiohttp.WSMsgType.TEXT, f"closed with {self.page.close_code} before {kind}"
            self.told.append(json.loads(message.data))
            if self.told[-1]["type"] == kind:
                return self.told[-1]

    async def say(self, samples):
        data = (samples * 32767).astype("<i2").tobytes()
        for start in range(0, len(data), 1280):
            await self.page.send_bytes(data[start : start + 1280])

    async def say_bye(self):
        await self.page.send_json({"type": "stop"})
        return await self.hear("end")


@asynccontextmanager
async def visiting(address, token="", hello=True, **headers):
    async with aiohttp.ClientSession() as client, client.ws_connect(f"http://{address}/talk", headers=headers) as page:
        if hello:
            await page.send_json({"type": "hello", "token": token})
        yield Visitor(page)


def over(scenario):
    """Run a scenario to its end, or fail rather than hang."""
    return asyncio.run(asyncio.wait_for(scenario, 60))
