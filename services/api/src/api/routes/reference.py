"""The description of this interface as a page: made here, without scripts and without any other host."""

from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markdown_it import MarkdownIt

router = APIRouter(include_in_schema=False)
PROSE = MarkdownIt("commonmark", {"html": False})

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:62rem;padding:1rem 1.5rem}
body{color:#1c2330;background:#fff}code,pre{font:13px/1.45 ui-monospace,monospace}
h1{font-size:1.6rem}h2{margin-top:2.2rem;border-bottom:1px solid #d5dae3}
details{border:1px solid #d5dae3;border-radius:6px;margin:.5rem 0;padding:.45rem .8rem}summary{cursor:pointer}
.m{display:inline-block;min-width:3.4rem;font-weight:700}
.get{color:#0b6b3a}.post{color:#0a4fa3}.put{color:#8a5a00}
table{border-collapse:collapse;width:100%;margin:.4rem 0}td{vertical-align:top;padding:.2rem .6rem}
tr{border-top:1px solid #e8ebf0}pre{background:#f5f7fa;padding:.6rem;overflow:auto}nav a{margin-right:1rem}
@media (prefers-color-scheme:dark){body{background:#14181f;color:#dde3ee}pre{background:#1d232d}
details,h2,tr{border-color:#333c4a}.get{color:#5fd39a}.post{color:#7db4ff}.put{color:#e6b450}a{color:#8fc1ff}}
"""


@router.get("/docs", response_class=HTMLResponse)
async def read_reference(request: Request) -> HTMLResponse:
    """Every address with its parameters, bodies and answers."""
    return HTMLResponse(page(request.app.openapi(), str(request.base_url).rstrip("/")))


def page(description: dict[str, Any], base_url: str) -> str:
    """The description as HTML."""
    info, models = description["info"], description["components"]["schemas"]
    tags = [*description["tags"], *_other_tags(description)]
    parts = [
        f"<h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>",
        f"<p>{escape(info['summary'])} The same for machines: <a href=/openapi.json>openapi.json</a>.</p>",
        PROSE.render(info["description"]),
        "<nav>" + "".join(f"<a href='#{_anchor(tag)}'>{escape(tag['name'])}</a>" for tag in tags) + "</nav>",
    ]
    for tag in tags:
        parts.append(
            f"<h2 id='{_anchor(tag)}'>{escape(tag['name'])}</h2><p>{escape(tag.get('description', ''))}</p>"
        )
        parts += [
            _operation(method, path, about, base_url)
            for path, methods in description["paths"].items()
            for method, about in methods.items()
            if tag["name"] in about.get("tags", ())
        ]
    parts.append("<h2 id=models>models</h2>")
    parts += [_model(name, models[name]) for name in sorted(models)]
    title = escape(info["title"])
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>"
        f"<meta name=viewport content='width=device-width'><style>{STYLE}</style>{''.join(parts)}</html>"
    )


def _operation(method: str, path: str, about: dict[str, Any], base_url: str) -> str:
    summary = PROSE.render(about.get("description") or about.get("summary", ""))
    call = f"curl -X {method.upper()} '{base_url}{path}'"
    call += " \\\n  -H 'Authorization: Bearer …'" if about.get("security") else ""
    body = about.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    call += " \\\n  -H 'Content-Type: application/json' -d '{…}'" if body else ""
    rows = [
        _row(
            f"{parameter['name']} ({parameter['in']})", parameter["schema"], parameter.get("description", "")
        )
        for parameter in about.get("parameters", ())
    ]
    rows += [_row("body", body, "")] if body else []
    answers = "".join(
        f"<tr><td>{escape(status)}<td>{_answer_type(answer)}<td>{PROSE.renderInline(answer['description'])}"
        for status, answer in about["responses"].items()
    )
    return (
        f"<details id='{escape(about.get('operationId', path))}'>"
        f"<summary><span class='m {method}'>{method.upper()}</span>"
        f"<code>{escape(path)}</code> {escape(about.get('summary', ''))}</summary>{summary}"
        f"<pre>{escape(call)}</pre><table>{''.join(rows)}</table><table>{answers}</table></details>"
    )


def _model(name: str, schema: dict[str, Any]) -> str:
    rows = [
        _row(
            field + ("" if field in schema.get("required", ()) else "?"), about, about.get("description", "")
        )
        for field, about in schema.get("properties", {}).items()
    ]
    values = f"<p><code>{escape(' | '.join(map(str, schema['enum'])))}</code></p>" if "enum" in schema else ""
    return (
        f"<details id='model-{escape(name)}'><summary><code>{escape(name)}</code></summary>"
        f"{PROSE.render(schema.get('description', ''))}{values}<table>{''.join(rows)}</table></details>"
    )


def _row(name: str, schema: dict[str, Any], text: str) -> str:
    return f"<tr><td><code>{escape(name)}</code><td>{_type(schema)}<td>{PROSE.renderInline(text)}"


def _answer_type(answer: dict[str, Any]) -> str:
    contents = answer.get("content", {})
    return ", ".join(_type(content["schema"]) for content in contents.values() if content.get("schema"))


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f"<a href='#model-{name}'>{name}</a>"
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return " | ".join(_type(part) for part in schema[choice])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if "const" in schema or "enum" in schema:
        return escape(" | ".join(f'"{value}"' for value in schema.get("enum", [schema.get("const")])))
    kind = str(schema.get("format") or schema.get("type") or "any")
    return escape(kind)


def _other_tags(description: dict[str, Any]) -> list[dict[str, Any]]:
    named = {tag["name"] for tag in description["tags"]}
    used = (
        tag
        for methods in description["paths"].values()
        for about in methods.values()
        for tag in about.get("tags", ())
    )
    return [{"name": tag} for tag in dict.fromkeys(used) if tag not in named]


def _anchor(tag: dict[str, Any]) -> str:
    return "tag-" + "".join(letter if letter.isalnum() else "-" for letter in tag["name"])
