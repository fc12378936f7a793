"""English words that tell tasks apart."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "l": """
        please, pls, plz, can you, could you, would you, will you, can someone, could someone, can anyone, kindly, help,
        help me, me, tell me, let me know, just, quickly, i need to know, i want to know, i need you to, i want you to,
        i d like you to, you, we, and, then, so, now please, let s, also, i want to, i need to, i d like to, i have to,
        can u, could u, u, can you please, could you please, can you help me, i was wondering if you could,
        would you mind
    """,
    "h": """
        how do i, how can i, how would i, how should i, how could i, how to, how would you, how do you, how would we,
        how could we, what s the best way to, what is the best way to, is there a way to, how would one, how does one,
        how can one, how might i, any idea how to, do you know how to, how d i, i m trying to, i am trying to,
        trying to, i d like to know how to, what is the way to, what s the way to, how can you
    """,
    "w": """
        what, which, who, whose, whom, where, when, why, how, how many, how much, how long, how often, what happens,
        what s in, what is in
    """,
    "u": "what is, what s, whats, what are, who is, who s",
    "y": """
        is, are, has, have, did, was, were, isn, hasn, didn, is there, are there, have there, how is, how are,
        anyone know if, does anyone know if, does anybody know if, do you know if, do you know whether, any idea if,
        any idea whether, has anyone, has anybody, did anyone
    """,
    "k": """
        can i, can we, do, does, may i, may we, should i, should we, will, do i, do we, could i, could we, must i, am i
    """,
    "M": "implement, refactor, debug, lint, transpile, decompile, vectorise, vectorize",
    "m": """
        write, generate, create, build, make, draft, compose, fix, correct, repair, rewrite, convert, turn, translate,
        port, migrate, optimise, optimize, simplify, add, adapt, format, parse, put, prepare, produce, automate, extend,
        comment, annotate, put together, draw up, come up with, knock up, whip up, sketch, work out, rename, transform,
        tweak, adjust, speed up, modify, edit, tidy up, clean up, restructure, prettify, solve, patch
    """,
    "i": """
        give, give me, show, show me, send me, need, want, i need, i want, i d like, provide, what would, any example,
        example of, an example of, we need, looking for, i m looking for, do you have, got, list, find, get, check,
        read, describe, explain, what would you, give us, show us, send, i could use, i m after
    """,
    "r": """
        summarise, summarize, sum up, compare, contrast, review, analyse, analyze, outline, extract, pull out, condense,
        shorten, proofread, critique, evaluate, assess, walk me through, go through, boil, distil, distill, digest,
        recap, identify, break down, cross check, check the, check our, check this, paraphrase, highlight, collect,
        compile, tabulate, enumerate, go over, look over, look through, look at, take a look at, have a look at, skim,
        dissect, scan, examine, inspect, audit, reconcile, map out, synthesise, synthesize, list out, rank, group,
        categorise, categorize, cluster, juxtapose, weigh, scrutinise, scrutinize, pick out, pull together
    """,
    "c": """
        code, function, class, command, regular expression, unit test, unit tests, test case, test cases, formula,
        expression, module, macro, method, algorithm, stylesheet, bug, compiler error, cli, list comprehension, loop,
        incantation, syntax, struct, html page, callback, lambda, program, programs, html form, parser, web scraper,
        scraper, functions, commands, package json, test suite, api client
    """,
    "T": "this, these",
    "A": """
        attached, the attached, below, this text, this paragraph, this draft, this email, this thread, this document,
        this article, this paper, this page, this section, this pdf, these notes, this transcript, this letter,
        this message, this memo, these minutes, the following
    """,
    "e": """
        all, every, everything, each, entire, whole, overview, summary, table, timeline, checklist, breakdown, list of,
        complete list, full list, takeaways, end to end, from start to finish, in detail, bullet points, in bullets,
        outdated, which of our, which of the, which of these, gist, rundown, synopsis, matrix, inventory, comparison,
        table with, cheat sheet, entirety, a list, a full list, review of, brief, one pager, executive summary,
        abstract, the last two, the last three, the last four, the last five, the last six, the last ten, the last few,
        both
    """,
    "E": "biggest, main, largest, major, most relevant, most serious, most critical, most common, greatest, highest",
    "a": """
        difference between, differences between, changed between, changes between, differ, differs, contradiction,
        contradictions, contradict, contradicts, inconsistencies, inconsistency, inconsistent with,
        conflict with each other, conflicts between, pros and cons, strengths and weaknesses, main takeaways,
        key takeaways, key points, main points, tl dr, tldr, across all, themes, most often, in common, overlap between,
        advantages and disadvantages, everything the, side by side, main arguments, most important points,
        important points, important parts, main ideas, main findings, key findings, key messages, main message,
        in a nutshell, in a few sentences, in a few words, in two sentences, in three sentences, in one paragraph,
        compare with, compare to, compares to, compares with, compared to, compared with, measure up, for and against,
        line by line, section by section, clause by clause, cover to cover, argue, argues, similarities, discrepancies,
        read through, what topics, which topics, what subjects, consistent, in agreement, diverge, diverges, deviate,
        deviates, action items, takeaway, out of line with, in line with, at odds with, matches the, match the, evolved,
        evolution of, over time, over the years, changed since, in conflict, incompatible with, disagree, disagrees,
        mismatch, mismatches, overlap
    """,
    "d": """
        policy, policies, contract, contracts, agreement, agreements, guideline, guidelines, rules, procedure, process,
        manual, manuals, guide, template, plan, charter, charters, terms, regulations, standard, bylaws, clause,
        clauses, lease, leases
    """,
    "D": """
        documentation, docs, document, documents, minutes, report, reports, records, proposal, notes, strategy,
        paragraph, article, paper, transcript, letter, memo, presentation, slides, spec, specification, specs, tender,
        study, studies, survey, surveys, interviews, brochure, chapter, section, sections, appendix, pdf, release notes,
        meeting notes, white paper, statement, feedback, meetings, retrospectives, retros, post mortem, post mortems,
        postmortem, postmortems, decision records, thread, threads, reviews, comments, essay, book, requirements, quotes
    """,
    "n": """
        now, right now, just now, at the moment, at this moment, at present, currently, presently, today, tonight,
        tomorrow, yesterday, last night, this morning, this afternoon, this evening, this week, this weekend,
        this month, so far, these days, nowadays, as of now, up to date, any news, latest news, this minute,
        this second, this instant, as we speak, at this point, in the last hour, in the past hour, since yesterday,
        lately, this very moment, the last hour, the past hour, the last few hours, the last few minutes,
        the last minutes
    """,
    "j": "latest, newest, most recent, ongoing, current",
    "s": """
        down, up, working, online, running, finished, live, green, red, broken, stuck, failing, failed, succeed,
        succeeded, passed, passing, yet, still, delayed, late, on time, having problems, having issues, having trouble,
        in the office, healthy, deployed, merged, slow, busy, acting up, unavailable, reachable, unreachable,
        responding, offline, overloaded, degraded, flaky, crashed, hanging, frozen, pending, ready, fixed, resolved,
        out sick, around, already, going, coming along, back up, back online, looking, unstable, an outage, outage,
        under maintenance, on strike
    """,
    "v": """
        weather, forecast, what time is it, what day is it, who is on call, who s on call, whos on call, who is on duty,
        who s on duty, exchange rate, stock price, share price, what s happening, what is happening, what s going on,
        what is going on, what s new, outages, build status, how s, how is the weather, when does the next,
        when is the next, when s the next, the status, open incidents, open incident, open tickets, open issues,
        open alerts, any incidents, any alerts, any update, any updates, any progress, any downtime, any delays,
        any issues with, any problems with, the latest on, what s up with, what s wrong with, what s broken, what broke,
        traffic, in stock, queue length, waiting time, who is in the office, who s in the office, who s out, who is out,
        who s off, who is off, who is away, who s away, who s covering, who is covering, bitcoin, will it rain,
        is it raining, is it snowing, are left, is left, are remaining, is remaining, do we have left, do i have left,
        be over, be back, be fixed
    """,
    "q": """
        definition of, meaning of, meaning, mean, means, stand for, stands for, capital of, synonym, synonyms, antonym,
        opposite of, plural of, spell, in one word, square root, population of, in a day, in a week, in a year,
        in an hour, in a mile, how tall, how high, how far, how old is, how heavy, miles, feet, inches, pounds, ounces,
        kilometers, kilometres, meters, metres, to english, to portuguese, to spanish, to german, to french, in english,
        in portuguese, in spanish, hex, who are you, what can you do, another word for, full form of, abbreviation of,
        abbreviation for, acronym for, translation of, how do you say, roman numerals, emoji for, symbol for,
        percent of, divided by, are you human, what s your name, what is your name, time zone, grams, litres, liters,
        gallons, yards
    """,
    "p": """
        hello there, how are you, how s it going, what s up, helped, that helped, see you, well done, good job,
        great job, no worries, you re welcome, much appreciated, you rock, you re the best, love it, testing, ping,
        hi there, hey there, have a nice day, have a good weekend, talk soon, all good
    """,
    "P": """
        yes, yep, yeah, no, nope, great, nice, perfect, awesome, got it, understood, sounds good, mate, never mind,
        sorry, no problem, sure, right
    """,
    "f": """
        for, to, that, so that, look like, showing, listing, returning, printing, counting, computing, joining,
        checking, deleting
    """,
    "g": "in, with, using, as, via, through",
    "b": "of, from, about, on, at, by, into, between, under, during, without, against, after, before, if",
    "o": "the, our, my, your, their, this company, i, us",
    "-": """
        from now on, now that, until now, now and then, last updated, latest tag, the latest tag, tag latest,
        current sensor, set up, sign up, up to, broken down, up and, current limiter, current limiting, code freeze,
        code review, code reviews, code of conduct, dress code, door code, access code, zip code, postal code,
        promo code, discount code, error code, error codes, function key, function keys, class action, first class,
        business class, sql injection, traffic light, maximum current, max current, alternating current, direct current,
        rated current, output current, input current, leakage current, charging current, electric current,
        electrical current, current that, current of, current through, current flows, current flow, current draw,
        current limit, current rating, current transformer, current loop, current clamp, current source, current meter,
        current divider, current probe, current consumption, current peak
    """,
}
