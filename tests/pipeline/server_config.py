"""A small config that needs no weights but those of the units."""

from pipeline.config import RunConfig

TEXT = (
    '{"messages": [{"role": "user", "content": "How are you?"}, {"role": "assistant", "content": "Fine, thanks."}]}\n'
)


def config(folder, *, language="en", **changes) -> RunConfig:
    """Return a config whose text is a file and whose speech is a server's: no weights but those of the units."""
    (folder / "chats.jsonl").write_text(TEXT, encoding="utf-8")
    server = {"engine": "openai", "base_url": "http://127.0.0.1:9/v1", "model": "m"}
    sections = {
        "name": "one",
        "corpus": {"dialogues": 1, "dialogues_per_shard": 1},
        "dialogues": {
            "source": "file",
            "language": language,
            "file": {"path": str(folder / "chats.jsonl"), "layout": "messages"},
        },
        "speech": {
            "assistant": {**server, "voice": "a"},
            "user": {**server, "voices": ["b"]},
            "gate": {"asr": {"model": "none"}},
        },
        "scenes": {"noise": {"source": "none"}},
        "streams": {},
    }
    return RunConfig.model_validate(sections | changes)
