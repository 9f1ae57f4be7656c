"""SmolLM2-135M behind an OpenAI-compatible URL, for trying what wants a language model's server.

    python benchmarks/smollm_server.py --port 8765
    segue dialogues demo-music --generator llm --url http://localhost:8765/v1 --model smollm2-135m \
        --shown 4 --negatives 1 --workers 1 --timeout 600 --max-dialogues 30

Where a request gives a JSON schema the answer is held to it, token by token: a model of this size does not
write JSON by itself. `--held` leaves that to llguidance (`pip install llguidance`), which knows whole
schemas, and reads what a prompt has in common with the last one once. One request at a time.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import torch
from transformers import DynamicCache

from segue.llm.load import SMOLLM2, load_causal_lm, load_tokenizer

WORDS = 20
"""Tokens of a string at most."""
MOST = 400
"""Tokens of an answer at most."""


class Guide:
    """Writes an answer piece by piece: some pieces are given, some chosen, some free.

    Args:
        model: any causal LM.
        tokenizer: its tokenizer.
        prompt: what stands before the answer.
        temperature: of all sampling.
        seed: of all sampling.
    """

    def __init__(self, model: Any, tokenizer: Any, prompt: str, temperature: float, seed: int) -> None:
        self.model, self.tokenizer, self.temperature = model, tokenizer, max(temperature, 1e-4)
        self.random = torch.Generator().manual_seed(seed)
        self.cache, self.text, self.tokens = DynamicCache(), "", 0
        self.chosen: list[Any] = []
        """Values of enumerations so far: others come first, for a small model says one thing for ever."""
        self.feed(tokenizer(prompt)["input_ids"])
        self.asked = self.tokens

    def feed(self, ids: Sequence[int]) -> None:
        """Read some tokens."""
        with torch.no_grad():
            found = self.model(
                input_ids=torch.tensor([list(ids)]),
                past_key_values=self.cache,
                use_cache=True,
                logits_to_keep=1,
            )
        self.logits = found.logits[0, -1].float()
        self.tokens += len(ids)

    def give(self, text: str) -> None:
        """Write what must stand there."""
        self.text += text
        self.feed(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def draw(self, allowed: Sequence[int] | None = None) -> int:
        """One token, of the allowed ones, from the top 90 % of the probability."""
        logits = self.logits / self.temperature
        if allowed is not None:
            mask = torch.full_like(logits, -torch.inf)
            mask[list(allowed)] = 0
            logits = logits + mask
        chances, ids = logits.softmax(-1).sort(descending=True)
        kept = chances * ((chances.cumsum(-1) - chances) < 0.9)
        return int(ids[torch.multinomial(kept, 1, generator=self.random)])

    def choose(self, options: Sequence[str]) -> str:
        """One of some texts, token by token."""
        left = {o: self.tokenizer(o, add_special_tokens=False)["input_ids"] for o in options}
        place = 0
        while len(left) > 1 or place < len(next(iter(left.values()))):
            token = self.draw([ids[place] for ids in left.values() if len(ids) > place])
            left = {o: ids for o, ids in left.items() if len(ids) > place and ids[place] == token}
            self.feed([token])
            place += 1
        self.text += next(iter(left))
        return next(iter(left))

    def words(self, shortest: int, longest: int) -> str:
        """A string's inside, without quotes, escapes and ends of lines."""
        said = ""
        for _ in range(WORDS):
            token = self.draw()
            piece = self.tokenizer.decode([token])
            end = re.search(r'["\\\n\r\t<{}\[\]]', piece)
            if token in self.tokenizer.all_special_ids or end or len(said) + len(piece) > longest:
                if len(said.strip()) >= shortest:
                    break
                self.logits[token] = -torch.inf
                continue
            said += piece
            self.feed([token])
        self.text += json.dumps(said.strip(), ensure_ascii=False)[1:-1]
        return said

    def value(self, schema: dict[str, Any]) -> None:
        """A value of a JSON schema (objects, arrays, enumerations, strings)."""
        if "const" in schema:
            self.give(json.dumps(schema["const"]))
        elif "enum" in schema:
            left = [v for v in schema["enum"] if v not in self.chosen] or schema["enum"]
            self.chosen.append(json.loads(self.choose([json.dumps(value) for value in left])))
        elif schema.get("type") == "object":
            for number, (name, inner) in enumerate(schema["properties"].items()):
                self.give(("{" if not number else ", ") + f'"{name}": ')
                self.value(inner)
            self.give("}")
        elif schema.get("type") == "array":
            self.array(schema)
        else:
            self.give('"')
            self.words(schema.get("minLength", 1), schema.get("maxLength", 400))
            self.give('"')

    def array(self, schema: dict[str, Any]) -> None:
        """An array, as long as the model goes on; a group of three turns is not left half."""
        kinds = schema.get("prefixItems") or [schema["items"]] * 24
        self.give("[")
        for number, kind in enumerate(kinds):
            if number:
                if number >= schema.get("minItems", 1) and not number % 3 and self.choose([", ", "]"]) == "]":
                    return
                if self.text[-2:] != ", ":
                    self.give(", ")
            self.value(kind)
        self.give("]")


def answer(body: dict[str, Any], model: Any, tokenizer: Any) -> dict[str, Any]:
    """The response to one request."""
    prompt = "".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in body["messages"])
    seed = int(body.get("seed") or 0) + len(body["messages"])
    guide = Guide(model, tokenizer, prompt + "<|im_start|>assistant\n", body.get("temperature", 1.0), seed)
    schema = (body.get("response_format") or {}).get("json_schema", {}).get("schema")
    if schema:
        guide.value(schema)
    else:
        end = tokenizer.convert_tokens_to_ids("<|im_end|>")
        while (token := guide.draw()) != end and guide.tokens - guide.asked < body.get("max_tokens", 200):
            guide.text += tokenizer.decode([token])
            guide.feed([token])
    usage = {"prompt_tokens": guide.asked, "completion_tokens": guide.tokens - guide.asked}
    return {"choices": [{"message": {"role": "assistant", "content": guide.text}}], "usage": usage}


class Held:
    """Answers held to any JSON schema by llguidance, the likeliest token each time."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        import llguidance.hf

        self.model, self.tokenizer = model, tokenizer
        self.vocabulary = llguidance.hf.from_tokenizer(tokenizer)
        self.cache, self.before = DynamicCache(), list[int]()

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        """The response to one request."""
        from llguidance import LLMatcher
        from llguidance.numpy import (
            allocate_token_bitmask,
            apply_token_bitmask_inplace,
            fill_next_token_bitmask,
        )

        schema = body["response_format"]["json_schema"]["schema"]
        held = LLMatcher(self.vocabulary, LLMatcher.grammar_from_json_schema(json.dumps(schema)))
        mask = allocate_token_bitmask(1, self.vocabulary.vocab_size)
        ids = self.tokenizer("\n\n".join(m["content"] for m in body["messages"]) + " -> ")["input_ids"]
        pairs = enumerate(zip(self.before, ids[:-1], strict=False))
        same = next((n for n, (a, b) in pairs if a != b), min(len(self.before), len(ids) - 1))
        if same < len(self.before):
            self.cache.crop(same - len(self.before))
        said, left = [], ids[same:]
        while not held.is_stopped() and len(said) < MOST:
            with torch.no_grad():
                found = self.model(
                    input_ids=torch.tensor([left]), past_key_values=self.cache, logits_to_keep=1
                )
            logits = found.logits[0, -1:].float().numpy()
            fill_next_token_bitmask(held, mask)
            apply_token_bitmask_inplace(logits, mask)
            token = int(logits[0].argmax())
            held.consume_token(token)
            said.append(token)
            left = [token]
        self.before = ids + said[:-1]
        text = self.tokenizer.decode(said, skip_special_tokens=True)
        usage = {"prompt_tokens": len(ids), "completion_tokens": len(said)}
        return {"choices": [{"message": {"role": "assistant", "content": text}}], "usage": usage}


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--model", default=SMOLLM2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--held", action="store_true", help="hold answers to a schema by llguidance")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    model, tokenizer = load_causal_lm(given.model), load_tokenizer(given.model)
    held = Held(model, tokenizer) if given.held else None

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            start = time.monotonic()
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found = held.answer(body) if held else answer(body, model, tokenizer)
            data = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            print(f"{time.monotonic() - start:.1f} s, {found['usage']}", flush=True)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    print("ready", flush=True)
    HTTPServer(("127.0.0.1", given.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
