"""Words that tell tasks apart in either language: names of tools, and what people say in both."""

from __future__ import annotations

from collections.abc import Mapping

# `in go` is spelt as two letters: alone, the names of these languages are words.
BOTH: Mapping[str, str] = {
    "c": """
        script, scripts, query, queries, snippet, snippets, one liner, oneliner, dockerfile, docker compose, cron,
        crontab, workflow, decorator, migration, webhook, stored procedure, stack trace, stacktrace, traceback,
        type hints, gitignore, config, dataframe, makefile target, for loop, while loop
    """,
    "t": """
        python, javascript, typescript, java, kotlin, rust, golang, php, ruby, perl, scala, bash, shell, powershell,
        sql, postgres, postgresql, mysql, sqlite, pandas, numpy, django, flask, fastapi, react, html, css, jq, awk, sed,
        curl, httpx, kubectl, helm, terraform, ansible, nginx, docker, git, github actions, gitlab ci, makefile, excel,
        google sheets, vba, latex, graphql, json, yaml, toml, xml, regex, regexp, jinja, node js, c sharp, pytest, jest,
        junit, npm, maven, gradle, cmake, zsh, angular, svelte, laravel, rails, spring boot, sqlalchemy, pydantic,
        matplotlib, bigquery, sqlserver, ffmpeg, grep, jenkins, prometheus, playbook, xpath, vim, tailwind
    """,
    "gt": "in go, em go, in c, em c, in r, em r",
    "d": "handbook, faq, readme, rfc, sla, changelog",
    "v": "status do, status da, status de, status of, status page, status atual, uptime",
    "q": "define, defina, km, kg, cm, mm, celsius, fahrenheit, kb, mb, gb",
    "p": """
        hi, hello, hey, hiya, yo, thanks, thank you, thx, ty, cheers, good morning, good afternoon, good evening,
        good night, bye, goodbye, oi, ola, oie, bom dia, boa tarde, boa noite, obrigado, obrigada, obg, valeu, vlw,
        tchau, tudo bem, tudo bom, tudo certo, bom fim de semana, muito obrigado, muito obrigada, goodnight, boas
    """,
    "P": """
        ok, okay, lol, cool, top, fixe, beleza, blz, entendi, perfeito, otimo, combinado, sim, desculpa, gente, pessoal,
        galera, team, folks, everyone, guys
    """,
}
