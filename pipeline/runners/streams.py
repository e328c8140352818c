"""Runner of stage `streams`: scenes -> token rows of the four token configs."""

from itertools import chain

from manifests.records import TOKEN_CONFIGS, TokenRow
from manifests.tables import scenes_from_table, token_rows_to_table
from pipeline.artefacts import Artefact, Artefacts
from pipeline.plan import Plan
from pipeline.runners.runner import by_split, counted, sift
from stages.streams import StreamStage


class StreamsRunner:
    """Tokenizes both channels and the text, and flattens them."""

    def __init__(self, plan: Plan, artefacts: Artefacts) -> None:
        self._artefacts = artefacts
        self._stage = StreamStage(plan.config.streams)

    def run(self, shard: int | None) -> Artefact:
        """Flatten one shard's scenes."""
        assert shard is not None
        scenes = chain.from_iterable(map(scenes_from_table, self._artefacts.tables("scenes", shard, "dialogues")))
        artefact = Artefact()
        rows: list[TokenRow] = []
        for tokens in sift(self._stage.process(counted(scenes, artefact)), artefact):
            rows.extend(tokens.rows)
            artefact.notes.update(tokens.notes)
        for config in TOKEN_CONFIGS:
            of_config = [row for row in rows if row.config == config]
            for split, part in by_split(of_config, lambda row: row.split):
                tokens_count = sum(len(row.input_ids) for row in part)
                artefact.add_table(config, split, token_rows_to_table(part), tokens=tokens_count)
        return artefact

    def close(self) -> None:
        """Nothing was started."""
