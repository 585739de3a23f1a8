"""One thread for all, with asyncio."""
import asyncio


async def serve(reader, writer):
    data = await reader.read(-1)
    writer.write(data.upper())
    await writer.drain()
    writer.close()


async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", 12000) as server:
        await server.serve_forever()


asyncio.run(main())
