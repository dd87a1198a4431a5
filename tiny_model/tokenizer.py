"""Train the tokenizer of the tiny model."""

from collections.abc import Iterable
from pathlib import Path

import sentencepiece

VOCABULARY_SIZE = 256


def train_tokenizer(texts: Iterable[str], folder: Path, vocabulary_size: int = VOCABULARY_SIZE) -> None:
    """Write the files of a BPE tokenizer that NeMo needs to ``folder``: the model and its two vocabularies.

    The settings are those of NeMo's own script (process_asr_text_tokenizer.py).
    """
    folder.mkdir(parents=True, exist_ok=True)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_prefix=str(folder / "tokenizer"),
        vocab_size=vocabulary_size,
        model_type="bpe",
        character_coverage=1.0,
        bos_id=-1,
        eos_id=-1,
        unk_id=0,
        normalization_rule_name="nmt_nfkc",
        remove_extra_whitespaces=False,
        num_threads=1,
        minloglevel=2,
    )
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    pieces = [processor.id_to_piece(index) for index in range(1, processor.get_piece_size())]
    spellings = [piece[1:] if piece.startswith("▁") else f"##{piece}" for piece in pieces]
    (folder / "vocab.txt").write_text("".join(f"{spelling}\n" for spelling in spellings))
