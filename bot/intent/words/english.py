"""English words of money and status."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "-": """
        after all, against last month, against last week, against yesterday, all in, all of it, and so on, and
        such, any idea, aren t, as of, as to, as yet, ask you something, at present, at the current pace, at
        the current rate, at the moment, at the same time, at this pace, at this point, at this rate, away
        from, both of them, break down, bring up, by any chance, by now, can anyone tell me, can i ask how, can
        i ask what, can i get, can i have, can i know, can i see, can someone tell me, can u, can u show, can
        you, can you show, compared to, compared to last month, compared to last week, compared to yesterday,
        compared with, compared with last month, compared with last week, compared with yesterday, could i get,
        could i have, could i see, could someone tell me, could u, could u show, could you, currently at, didn
        t, do you happen to know, do you have any idea, do you know, doesn t, don t, don t know, down to, each
        time, find out, for finance, for my boss, for my manager, for the boss, get me, give me, give us, good
        afternoon, good evening, good morning, got any, happen to, has there been, hasn t, have a look, haven
        t, hello team, hey team, hey there, hi all, hi team, hi there, holding up, how are we doing, how big,
        how close, how does, how does it look, how far, how has, how high, how is it, how large, how long, how
        low, how re, how soon, i am curious, i believe, i d appreciate, i d be grateful, i d like, i d like to
        know, i d like to see, i d love to know, i d love to see, i expect, i fear, i feel, i guess, i heard, i
        hereby, i hereby request, i hope, i keep hearing, i like, i love to know, i m afraid, i m asking, i m
        curious, i m sure, i m wondering, i mean, i mean it, i need, i need to know, i need to see, i please, i
        promise, i read, i request, i saw, i say, i see, i should be grateful, i should like, i suppose, i
        swear, i think, i understand, i want, i want to know, i want to see, i was told, i was wondering, i
        wonder, i would appreciate, i would be grateful, i would like, i would like to know, i would like to
        see, if i may, in all, in dollars, in money, in one go, in the end, in time, in us dollars, in usd, isn
        t, it looks, it s all, just curious, just wondering, kind of, last for, last one, last through, last
        till, last until, lately please, let finance know, let me, let me have, let me know, let me see, let s
        see, let us know, like crazy, like mad, like there s no tomorrow, look at, look like, look up, looks
        like, many times, may i ask how, may i ask what, may i know, may i see, me know, might i ask, might i
        know, money wise, most likely, next to, no rush, of course, of it, of late, of that, on average, on the
        account, on the same day, on track, one more thing, out of, over the course of, over to, pull up, put
        to, quick check, quick one, quick question, real quick, relative to last month, relative to last week,
        remind me, right now, set at, set to, should be grateful, show me, show us, so far, so kind as to, so
        much, so on, sort of, sum up, tell finance, tell me, tell my boss, tell my manager, tell the boss, tell
        us, than before, than last, than last month, than last one, than last week, than the last one, than the
        month before, than the previous month, than the previous week, than the week before, than usual, than
        yesterday, thank you, the account, the same, this time, thus far, to date, to keep the bot running,
        today please, too much, until now, up to, up to now, up until now, update me, update on, us know,
        versus last month, versus last week, versus yesterday, vs last month, vs last week, vs yesterday, was
        there, what about, what are, what has, what kind, what re, why are you saying, why did you say, why do
        you say, why does it say, would love to know, would you, you know
    """,
    "have": "are there, got, has, have, is there, there is, there s",
    "amount": "as many, as much, hm much, how many, how much, howmuch, number of, what amount",
    "amount cost spend": "how costly, how expensive, how pricey",
    "cost priced": """
        cheap, cheaper, cost, cost of running, costed, costing, costings, costs, dearer, price, price tag,
        priced, running cost, running costs, usage cost, usage costs
    """,
    "cost paid": "billed, charge, charged, charges, charging, invoiced, owe, owed, paid, pay, paying",
    "cost billed": "bill, bill come to, billing, bills, expense, expenses, invoice, invoices",
    "cost spend": """
        ate through, big spender, blasting through, bled, bleed, bleeding, blew, blow, blown, burn, burn rate,
        burn through, burn through rate, burned, burned through, burning, burning through, burnt, burnt
        through, chew through, chewed through, chewing through, chomping, clock up, clocked up, cost a fortune,
        cost to run, cost to use, cost wise, costly, costly day, costs to run, costwise, coughed up, damage,
        disbursed, disbursement, dished out, drained, draining, dropped, eat, eaten, eating, eating through,
        eating up, eats, expended, expenditure, expenditures, expensive, forked out, forking out, given to, go
        into, go on you, go through, gobble, gobbled, gobbles, gobbling, goes into, goes to, goes toward, goes
        towards, going into, going through, gone into, gone through, guzzle, guzzled, guzzles, guzzling, hog,
        hogged, hogging, hogs, money go, munched, notched up, outflow, outflows, outgoings, outlay, outlays,
        outlays so far, paid out, plough through, poured in, poured into, price we paid, price we pay,
        pricetag, pricey, put into, rack up, racked up, racking up, racks up, ran through, ran up, ran us up,
        run up, rung up, rung up so far, running cost so far, running through, running total, running up, sank
        into, set back, shell out, shelled out, shelling out, sink into, spend, spend wise, spended, spender,
        spenders, spending, spendings, spends, spendwise, spent, splurge, splurged, splurging, squander,
        squandered, squandering, sunk into, swallowed, tab, tab at, taking up, tally, tearing through, threw
        at, throwing at, toll, total bill, wasted, went into, went on, went through, went to, went toward, went
        towards
    """,
    "most cost spend user": """
        biggest spender, biggest spenders, heaviest spender, highest spender, top spender, top spenders
    """,
    "use": """
        ate, ate up, consume, consumed, consumed by, consumes, consuming, eaten up, use, use up, used, used up,
        uses, using, using up
    """,
    "use usage": "consumption, consumptions, usage, usages, utilisation, utilization",
    "money": """
        bucks, cash, cash left, cent, cents, coin, coins, credit, credits, dollar, dollars, dollars worth,
        dough, euros, funds, money, money s, pennies, penny, quid, usd worth
    """,
    "budget": """
        ai budget, allocation, allotment, allowance, budget limit, budget limits, budget line, budget room,
        budget wise, budgetary limit, budgeted, budgetwise, cap on spending, cash limit, cost cap, cost limit,
        cost limits, dollar limit, dollar limits, envelope, kitty, limit for spending, limit in dollars, limit
        in usd, limit of dollars, limit on costs, limit on spending, max spend, max we can spend, maximum
        spend, money cap, money limit, over budget, over spending, over spent, overbudget, overspend,
        overspending, overspent, overspent by, pot, spend budget, spend cap, spend ceiling, spend limit, spend
        limits, spend target, spending allowance, spending budget, spending cap, spending caps, spending
        ceiling, spending limit, spending limits, spending max, spending power, spending room, spending target,
        under budget, usd limit, within budget
    """,
    "cap": "cap, caps, ceiling",
    "max": "max, maximum",
    "limit use": "usage cap, usage caps, usage limit, usage limits",
    "most cost spend": "costliest, priciest",
    "cost spend may": "left to spend, to spend",
    "left have": "use all, used all, used up all",
    "left": """
        balance, good for, in the tank, juice left, left, left in it, left in the tank, left over, left over
        for, leftover, leftovers, remain, remainder, remaining, remains, sitting on, spare change, still got,
        still have, still there, to go, unconsumed, unspent, untouched, unused, what s left
    """,
    "balance": """
        am i broke, are we broke, balance, broke yet, going broke, in the black, in the red, out of cash, out
        of credit, out of credits, out of funds, out of money, run out of money
    """,
    "spare": "available, buffer, cushion, margin, room, slack left, spare, to spare",
    "reach": """
        above, all gone, all used, almost, almost out, approaching, at my limit, at our limit, at risk, at the
        limit, away from, below, beyond, bled dry, blow our, blow through, blowing, blown through, burned
        through, burned up, burnt up, burst, bursting, bust, busted, chunk, close to, closer, closing in,
        cross, crossed, cut us off, deplete, depleted, drained, dry, dwindling, empty, enough, exceed,
        exceeded, exceeding, exceeds, exhaust, exhausted, far from, finished, fraction, go over, going over,
        gone, gone already, gone over, hit, hit the wall, hitting, how soon, in danger, kaput, kept within, max
        out, maxed out, maxing out, near, nearing, nearly, nearly at, on its last legs, on the verge, over,
        overdrawn, overrun, overshoot, overshot, part, past, percent, percentage, portion, proportion, ran dry,
        ran out, reach, reached, reaching, run dry, run out, running dry, running low, running out, runs out,
        scraping, short of, shut off, spent already, spent up, stay below, stay under, stay within, surpass,
        surpassed, tap out, tapped, tapped out, tight, under, used completely, used up, used up already, went
        over
    """,
    "may": "able to, accept, accepts, allow, allowed, allows, can, could, keep asking, let, may, permitted",
    "afford": "afford, spend before, spendable",
    "limit": """
        allowed quota, blocked, capped, cooldown, cut off, daily limit, daily limits, hourly limit, hourly
        limits, limit, limited, limiting, limits, locked out, out of messages, out of prompts, out of
        questions, out of requests, quota, quotas, rate limited, rate limiter, rate limiting, restriction,
        restrictions, throttle, throttled, throttled by, throttling, token cap, token limit, token limits
    """,
    "ask": """
        ask, ask things, ask u, ask you stuff, ask you things, asked, asking you, bother you, chat, chat with,
        fire, fire off, hit you, message you, ping, ping you, pose, prompt you, put questions, put to, put to
        you, query, query you, send, sent, speak to you, submit, talk, text you, write
    """,
    "rate": """
        a min, a minute, a second, an hour, an hr, at once, each hour, each minute, every hour, every minute,
        hour, hourly, how frequently, how often, how regularly, hr, in a minute, in an hour, in one hour, in
        one minute, many times, minute, per hour, per hour max, per hr, per min, per minute, per second,
        requests per minute, rpm, times a day, times a minute, times an hour, times per, times per day
    """,
    "ask rate": """
        ask again, ask another question, ask anything else, ask more, ask you again, message you again, next
        question, talk to you again, use you again, write again
    """,
    "thing": """
        api call, api calls, api request, api requests, call, calls, completion, completions, enquiries,
        enquiry, inquiries, inquiry, llm call, llm calls, llm requests, lookups, message, messages, model call,
        model calls, prompt, prompts, q s, qs, queries, queries a day, query, question, question count,
        questions, request, requests, searches
    """,
    "own": """
        ai assistant, ai backend, ai models, ai spend, ai stuff, ai tools we run on, ai usage, answer, answer
        me, answered, answering, answering questions, answers, artificial intelligence, asking, asking you, by
        you, chat, chats, chatting, chatting with you, conversation, conversations, convo, convos, dialogue,
        embeddings, for you, from you, gen ai, generating answers, inference, language model, language models,
        llm backend, llm usage, machine learning, model backend, on u, on you, questions asked, replies, reply,
        replying, response, responses, running you, session, sessions, talking to you, the ai, the assistant s
        answers, the backend of the bot, to run you, to use you, to you, use you, using you, with u, with you,
        you a, your answers, your replies
    """,
    "own cost spend": """
        ai bill, ai bills, ai cost, ai costs, ai expenses, ai spend, ai spending, api bill, api bills, api
        charges, api costs, api spend, api spending, inference cost, inference costs, inference spend, llm
        bill, llm cost, llm costs, llm spend, llm spending, openai bill, token bill, token burn, token cost,
        token costs, token spend, tokens burned
    """,
    "own use usage": "api usage, token consumption, token usage",
    "it": "it, it s, its",
    "single": "a person, a user, an employee, one person, one user",
    "all": """
        all good, all systems, everything, everything all right, everything alright, everything ok, everything
        okay, is everything
    """,
    "how_are": """
        how are, how are things, how are things with, how do, how is, how is it going with, how s, how s it
        going with, hows
    """,
    "self": """
        assistant, bots, chat bot, chatty, robot, the assistant, the machine, the ragbot, the tool, thee, this
        ai, this assistant, this bot, this chatbot, this robot, this thing, this thing of a bot, this tool,
        thou, thy, u, ya, you, your, your s, youre, yourself
    """,
    "today": """
        before midnight, before the day ends, current day, for the day, in a day, last 24 hours, of the day,
        past 24 hours, since midnight, since this morning, since yesterday night, so far today, the day, this
        afternoon, this day, this evening, this morning, till midnight, till now today, today, today s, todays,
        tonight, until midnight
    """,
    "yesterday": "the day before, yday, yesterday, yesterday s, yesterdays, ystd",
    "week": """
        current week, last 7 days, last couple of days, last few days, last seven days, past 7 days, past few
        days, past seven days, present week, since monday, since the beginning of the week, since the start of
        the week, the current week, the current wk, the running week, the week, these days of the week, this
        past week, this week, this week s, this wk, week, week so far, week to date, wk
    """,
    "last-week": """
        in the last week, last week, last week s, last weeks, last wk, last wk s, lastweek, past week, previous
        week, prior week, the last week, the past week, the previous week, the week before, the week gone, week
        before, week gone by
    """,
    "month": """
        billing period, by the end of the month, current billing period, current month, end of the month, last
        30 days, last thirty days, mo, month, month end, month s end, month so far, month to date, month to
        day, months end, mtd, past 30 days, past thirty days, present month, rest of the month, running month,
        since month start, since the 1st, since the beginning of the month, since the first, since the start of
        the month, the current month, the month, the present month, this billing period, this month, this month
        s, this months, thismonth, until the end of the month
    """,
    "last-month": """
        in the last month, last month, last month s, last months, lastmonth, month before last day, month gone,
        past month, previous month, previous month s, prior month, the last month, the month before, the month
        just ended, the month that ended, the past month, the previous month
    """,
    "other_period": """
        a year, all time, annual, annually, april, august, decade, december, february, financial year, fiscal
        year, friday, half year, january, july, june, last hour, last quarter, last summer, last year, march,
        monday, next month, next quarter, next week, next year, november, october, on friday, on monday, on
        thursday, on tuesday, on wednesday, per year, quarter, saturday, semester, september, so far this year,
        sunday, this hour, this quarter, this summer, this year, thursday, tomorrow, tuesday, wednesday,
        weekend, year, year to date, yearly, ytd
    """,
    "day": "a day, daily, day, day s, each day, every day, every single day, for a day, one day, per day",
    "monthly": """
        a month, each month, every month, every single month, in a month, month s, monthly, months, one month,
        per month
    """,
    "mine": """
        am i, do i, for me, i, i m, i personally, i ve, im, in my account, ive, me, mine, my, my account, my
        own, my personal, myself, on me, on my account, personal, personally, to me
    """,
    "channel": """
        channel s, this channel, this channel s, this chat, this conversation, this group, this place, this
        room, this room s, this space, this thread
    """,
    "everything": """
        across the board, all channels, all departments, all in all for us, all of the channels, all of us, all
        people, all the channels, all the users, all users, anyone, company, company s, company wide,
        department s own, do we, employees together, entire org, entire team, every channel together,
        everybody, everybody s, everyone, everyone s, everything, group, in our account, let s, my company, my
        team, my team s, on our account, org, org s, organisation, organisation s, organization, our, our
        account, our company, our team, ours, people, team, team s, team wide, teammates, teams, teamwide, the
        crew, the gang, the group, the lot of us, the org, the organisation, the organization, the staff, the
        whole bunch, the workspace, they all, together as a team, us, users, we, we d, we ll, we re, we ve,
        weve, whole company, whole gang, whole lot of us, whole org, whole organisation, whole organization,
        whole team, whole workspace, workspace, y all
    """,
    "user": """
        colleague, head, individual, individuals, member, members, people, person, persons, somebody, team
        member, teammate, user, users
    """,
    "by:user": """
        by head, by individual, each colleague, each member, each of us, each person, each teammate, each user,
        every person, every user, everyone individually, one of us, per capita, per head, person by person,
        person s share, which of us, whose
    """,
    "who": "who, who has, who is, who is it, who is that, who s, who s it, whos",
    "dim_channel": "channel, channels, our channel, the channel",
    "dim_model": "ai model, language model, llm model, model, models",
    "dim_provider": """
        ai companies, ai company, ai provider, ai providers, ai vendor, ai vendors, llm company, llm provider,
        llm providers, llm vendor, llm vendors, model provider, model providers, model vendor, model vendors,
        provider, providers
    """,
    "dim_task": """
        activities, activity, feature of yours, kind of question, kind of task, kind of tasks, kind of work,
        kinds of question, kinds of questions, kinds of task, kinds of tasks, purpose, purposes, question type,
        sort of question, sort of questions, sort of task, sort of tasks, sorts of task, sorts of tasks, task,
        task kind, task type, task types, tasks, type of question, type of task, type of tasks, types of
        question, types of questions, types of task, types of tasks, use case, use cases, workload, workloads
    """,
    "each": """
        across, among, between, both of them, break down by, breakdown by, breakdown per, broken down by, by,
        by each, cut by, different, distributed across, distributed among, distributed between, distributed
        over, divided among, divided between, divided by, divided over, each, each of them, every, for each,
        for every, group by, grouped by, grouped per, individual, one by one, order by, ordered by, per, rank,
        rank all, rank the, ranked by, ranks, separated by, separately for each, sliced by, sort, sort by,
        sorted by, split across, split among, split between, split by, split over, splitted by, spread across,
        spread over, various, which, which of, which one of
    """,
    "what": "what is, what s, what will be, whats",
    "what_each": "compare, what, whats the top",
    "most": """
        biggest, biggest slice, bulk, cheapest, costliest, dearest, greediest, heaviest, highest, hungriest,
        largest, least, lion s share, lowest, more, more of, most, number one, priciest, top, worst
    """,
    "asks": """
        asked for, asked me, asked us, asking, asks, asks me, complaining, demands, is after, is asking, is
        asking around, is bugging me, is complaining, is nagging me, keeps asking, keeps bugging me, keeps
        nagging me, nagging, needs, needs to know, want to know, wants, wants to know, wants to see, was
        asking, wondering, would like to know
    """,
    "asker": """
        accounting, boss, boss s, ceo, cfo, controller, cto, director, finance, manager, my boss, my lead, my
        manager, the boss
    """,
    "state": """
        acting up, active, alive, any downtime, any incidents, any issues, any outage, any outages, any
        problems, anything broken, anything down, anything wrong, asleep, available now, awake, back, back
        again, back online, back to normal, back up, backend down, bad day, blipping, bricked, broke, broken,
        buggy, choked, choking, condition, conked out, connected, crash, crashed, crashes, croaked, dead, dead
        in the water, degraded, disabled, disrupted, disruption, disruptions, doing ok, doing okay, doing well,
        down right now, downtime, drowsy, dying, error, erroring, errors, fail, failed, failing, fails,
        failure, failures, fault, faulty, fine, flaky, freezing, frozen, fully functional, functional,
        functioning, glitching, glitchy, goes down, gone down, green, half dead, hanging, having a bad day,
        having an outage, having issues, having problems, having trouble, health, healthily, healthy, hiccup,
        hiccuping, hiccups, holding up fine, hung, ill, impaired, in good shape, in order, in trouble,
        inactive, incident, incidents, issue, issues, kaput now, kaputt, kicked the bucket, knocked out,
        lagging, laggy, live, misbehaves, misbehaving, not responding, not working, offline again, offline
        right now, on the fritz, operating, operational, out of order, out of service, outage, outages,
        overloaded, performing, playing up, problem, problem with, problems, problems with, reachable,
        reachable again, reacting, recover, recovered, recovering, recovers, red, responding, responsive,
        resting, restored, running, serving, sick, slow, slower, sluggish, spotty, stable, state, struggling,
        stuck, switched off, throttled provider, timeouts, timing out, trouble, unavailability, unavailable,
        under the weather, unhealthy, unreachable, unresponsive, unstable, unusable, unwell, up and running,
        uptime, usable, went down, wobbly, work, working, works, wrong, zombie
    """,
    "why": "how come, why",
    "docs": """
        according to, allowed to use, approve, approved, approves, calculated, configure, count as, count what,
        counts, decides, define, definition, difference, do i have to, explain, how are costs, how can i, how
        can we, how could i, how do i, how do the, how do we, how do you, how do you calculate, how do you
        count, how do you work, how does it work, how does ragbot, how does the assistant, how does the bot,
        how does the bot calculate, how does the bot count, how exactly do i, how is cost, how might i, how
        should, how to, how would, in charge, in charge of, in the docs, in the manual, is it possible to, keep
        costs, meaning, means, must i, other people, per head count, per kilometer, per square, reduce costs,
        responsible, save costs, should, should i, sign off, what counts, what does it mean, what does it take,
        what happens, what if, what is a, what is the process, what s a, whats a, when is the, where in, which
        setting, who approves, who can, who could, who is paying, who may, who pays, who signs, who signs off
    """,
    "leads": """
        a, about, an, are, at, by, did, do, does, for, from, in, into, is, of, on, per, some, the, to, was,
        were, with
    """,
    "total": """
        add up to, added up to, adding up to, adds up to, amount to, amounted to, amounts to, came to, come to,
        comes to, grand total, in total, sum total, sum up to, totaled, totalled
    """,
    "unit": """
        a message, a question, a reply, a request, a response, a single answer, a single question, a token, a
        typical answer, a typical question, an answer, average answer, average question, each answer, each
        message, each prompt, each query, each question, each reply, every answer, every question, last answer,
        last question, last reply, latest answer, one answer, one more question, one question, per answer, per
        call, per conversation, per interaction, per message, per prompt, per query, per question, per reply,
        per request, per token, previous answer, previous question, single answer, single question, that
        answer, that last answer, that last question, that question, that reply, the average answer, the
        average question, the last answer, the last question, this answer, this last answer, this question,
        this reply, typical answer, typical question, your last answer
    """,
    "cost spend most user": """
        biggest consumer, biggest consumers, biggest user, biggest users, heaviest user, heaviest users, heavy
        spenders, heavy user, heavy users, most expensive person, most expensive user, most expensive users,
        power users, spenders, top consumer, top consumers, top user, top users
    """,
    "cost spend by:user": """
        leaderboard, rank people, spender ranking, top 10 spenders, top 3 spenders, top 5 spenders, top five
        spenders, top ten spenders, top three spenders, who all
    """,
    "state_of_us": """
        all good with you, all ok with you, anybody home, anybody there, anyone home, are you alive, are you
        all right, are you alright, are you around, are you asleep, are you available, are you awake, are you
        back, are you broken, are you dead, are you down, are you feeling ok, are you feeling okay, are you
        feeling well, are you frozen, are you functioning, are you having a bad day, are you having problems,
        are you listening, are you ok, are you okay, are you online, are you operational, are you ready, are
        you responding, are you running, are you sleeping, are you slow, are you still with us, are you stuck,
        are you there, are you up, are you usable, are you well, are you with me, are you working, at your end,
        can you hear me, do you copy, everything ok with you, feeling ok, is anyone there, is everything ok
        with you, is this on, is this thing on, on your end, on your side, something wrong with you, still
        alive, still functioning, still online, still running, still up, still with us, still working, u alive,
        u ok, u there, what s wrong with you, you alive, you alright, you are slow, you around, you feeling ok,
        you ok, you okay, you re slow, you seem off, you seem slow, you still there, you there, you up, you
        with me
    """,
    "state_weak": "all right, alright, available, doing, good, odd, off, strange, weird, well",
    "reach everything": "how are we doing, where are we, where do we stand, where we are, where we stand",
    "self cost spend": "bot bill, bot cost, bot costs, bot spend, bot spending",
    "weekly": "a week, each week, every week, per week, weekly",
    "changes": """
        add, add another, adjust, boost, bump, cap everybody at, cap everyone at, cap me at, cap the team at,
        cap us at, change, cut, decrease, deduct, double, extend, hike, increase, lift, limit everybody to,
        limit everyone to, limit me to, limit the team to, limit us to, lower, raise, reduce, reset budget,
        reset limits, reset my, reset our, reset the, reset this, restore, set, setting, take off, top up, turn
        down, turn up, update the budget, upping
    """,
    "so_far": """
        all in all, all told, already, altogether, as of now, as of today, by now, cumulatively, ever, in
        total, overall, right this minute, so far, this minute, this moment, this very minute, thus far, till
        now, to date, until now, up till now, up to now, up to this minute, up to this moment, up until now,
        yet
    """,
    "room": "breathing room, breathing space, elbow room, headroom, leeway, wiggle room",
    "total everything": "are we at, are we currently at, we are at, we re at, where are we at",
    "credit": "credit, credits",
    "outage": "disruption, disruptions, downtime, incident, incidents, outage, outages",
    "here": "around here, here, in here",
    "by:user everything": "rank everybody, rank everyone, rank us",
    "unit mine": "my last answer, my last prompt, my last question, my latest question, one of my questions",
    "balance everything": "are we broke",
    "cost spend everything": """
        cost the company, cost the team, ran us, running us, runs us, set us back, sets us back, setting us
        back
    """,
    "cost spend mine": "set me back, sets me back",
    "each dim_provider": "by supplier of ai, by vendor, each vendor, per ai vendor, per vendor",
    "by:user cost spend": """
        everybody s costs, everybody s spend, everybody with their costs, everyone s cost, everyone s costs,
        everyone s spend, everyone with their costs, everyone with their spend
    """,
    "own ask": "ask you",
    "what mine": "what do i have",
    "what everything": "what do we have",
    "all state": """
        all online, all running, all up, all working, everything down, everything online, everything running,
        everything up, everything working, everything works
    """,
    "limit mine": "limit me, limited me, limiting me, rate limit me, throttle me, throttling me",
    "everything dim_model": "all models, all of the models, all our models, all the models",
    "cost paid everything": "bill us, billed us, bills us, charged us, charges us, charging us",
    "object": """
        1k, 1m, competitors, docs, document, documents, guideline, guidelines, how many days, how many hours,
        how many months, how many people, how many seats, how many users, how many weeks, how much time, left
        to be done, left to do, meeting, million, my salary, other companies, other company, other teams, per
        click, per customer, per employee, per hire, per lead, per mile, per night, per seat, per ticket, per
        unit, policies, policy, procedure, process, process for, project, projects, remain to be done,
        remaining to do, remains to be done, shared costs, template, thousand, tutorial
    """,
    "limit thing": """
        cap on questions, message cap, message limit, message limits, prompt limit, prompt limits, prompt
        quota, query limit, query limits, question cap, question limit, question limits, request cap, request
        limit, request limits
    """,
    "changed who": """
        who adjusted, who altered, who bumped, who changed, who cut, who decreased, who edited, who has
        changed, who increased, who last changed, who lifted, who lowered, who modified, who raised, who
        reduced, who reset, who set, who updated, who was it that changed
    """,
}

ENGLISH_CHANGE: Mapping[str, str] = {
    "P": """
        can u, can you, can you please, could u, could you, could you please, i d like u to, i d like you to, i
        need you to, i want you to, i would like you to, please can you, please could you, please would you, we
        d like you to, we need you to, we want you to, we would like you to, will u, will you, would u, would
        you, would you mind, would you please
    """,
    "p": """
        actually, again, ah, also, and, asap, be so kind and, bot, cheers, dear bot, dear ragbot, folks, for
        me, go ahead and, good afternoon, good evening, good morning, hello, hello bot, hey, hey bot, hey
        there, hi, hi bot, hi there, if possible, immediately, instead, just, kindly, many thanks, morning,
        much appreciated, now, oh, ok, okay, permanently, please, pls, plz, quickly, ragbot, right away, right
        now, so, ta, temporarily, thank u, thank you, thank you so much, thanks, thanks a lot, then, thx, tnx,
        ty, well, would be great
    """,
    "s": """
        adjust, allocate, allot, allow, amend, apply, assign, budget me, change, configure, define, edit,
        enforce, establish, fix, give, grant, have, hold, impose, keep, leave, let, make, make it, modify,
        permit, pin, place, program, put, reserve, restrict, revise, set, set up, specify, switch, to have,
        turn, tweak, update, use
    """,
    "sG": "limiting, setting",
    "z": "reset, restore",
    "r": "bring, bring it, dial, move, nudge, push, scale, take",
    "r+": """
        beef up, boost, bring up, bump, bump up, crank, crank up, dial up, double up, expand, extend, go up,
        grow, hike, hike up, increase, jack up, lift, loosen, move up, pump up, push up, raise, raise up, ramp
        up, scale up, step up, stretch, take up, turn up, up, upgrade, widen
    """,
    "r-": """
        bring down, bump down, cut, cut down, decrease, decrease down, dial down, drop, go down, knock down,
        lower, lower down, reduce, reduce down, scale down, shrink, slash, take down, tighten, trim, turn down
    """,
    "b": """
        ai budget, allocation, allowance, bot budget, budget, budget cap, budget limit, budgets, cap on
        spending, cost cap, cost limit, costs, dollar limit, expenditure, expenses, limit for spending, limit
        on spending, money limit, outlay, spend cap, spend limit, spending, spending allocation, spending
        allowance, spending budget, spending cap, spending limit, spending power, spending target, spendings,
        token budget
    """,
    "l": "cap, limit, limits, quota",
    "d": "a day, daily, day, day s, each day, every day, per day",
    "m": """
        a month, each month, every month, for the month, for this month, month, month s, monthly, per month,
        the month, this month, this month s
    """,
    "t": """
        for one day only, for the day, for the remainder of the day, for the remainder of today, for the rest
        of the day, for the rest of today, for today, for today only, for tonight, just for today, just today,
        only for today, only today, the rest of the day, the rest of today, this day, this once today, this one
        day, through the end of the day, til midnight, till end of day, till midnight, till the end of the day,
        till tonight, today, today alone, today only, today s, todays, tonight, until day end, until end of
        day, until midnight, until the day ends, until the day is over, until the end of the day, until
        tomorrow, until tonight
    """,
    "c": """
        channel, channel s, current channel, here, in here, in this channel, our channel, the channel, the
        channel s, the current channel, this channel, this channel s, this chat, this group, this room, this
        space, this thread
    """,
    "e": """
        all, all channels, all of us, all users, bot s, company, entire company, entire team, entire workspace,
        everybody, everybody s, everyone, everyone s, everything, for all, global, organisation, organization,
        our, our team, overall, people, ragbot s, team, team s, the bot, the bot s, the company, the entire
        company, the entire team, the entire workspace, the group, the org, the team, the whole company, the
        whole team, the whole workspace, the workspace, total, us, us all, we, whole org, whole team, whole
        workspace, workspace, you, your, yourself
    """,
    "i": "me, mine, my, my own, my personal, myself",
    "k-": "down to",
    "k": "back to, equal to, to, to be",
    "q": "as, at, be, equals, is, of, to exactly, to just",
    "j": "a, amount, an, back, exactly, for, in, it, its, level, more, on, s, the, this, value, with",
    "$": "bucks, dollar, dollars, us dollars, usd, usd dollars",
    "w": """
        as of now, as of today, beginning now, beginning today, effective immediately, effective now, from here
        on, from now on, from today, from today on, going forward, henceforth, starting now, starting today
    """,
    "g": "change back, fall back, go, go back, put back, return, roll back, set back, switch back",
    "D": """
        configuration, configured, configured value, default, default value, defaults, initial, normal, normal
        value, original, original value, standard, the usual, usual, what it was, what it was before, what the
        configuration says
    """,
    "u": """
        a max of, a maximum of, as much as, at max, at most, max, maximum, no more than, not more than, only,
        up to
    """,
    "v": "burn, spend, to spend, use up",
    "sbi": """
        cap me, cap me at, hold me at, hold me to, keep me at, keep me under, limit me, limit me to, put me at,
        put me on, restrict me
    """,
}

ENGLISH_SLIPS = """
    2day=today 2moro=tomorrow abv=above alrdy=already alredy=already amt=amount avg=average bal=balance bdgt=budget
    bgt=budget budgt=budget chnl=channel cn=can cst=cost cud=could dya=day hav=have hte=the hw=how hwo=how lst=last
    mch=much mdl=model mnth=month mony=money msg=message msgs=messages mutch=much ovr=over pls=please spnd=spend
    spnt=spent taht=that tday=today teh=the ths=this thsi=this thx=thanks tihs=this tkn=token tkns=tokens ttl=total
    ur=your usg=usage waht=what wat=what wats=whats wen=when wher=where whihc=which wht=what wich=which wud=would
    yest=yesterday yr=your ystrday=yesterday
"""
ENGLISH_NO_SLIPS = """
    bucket cast coast cots daly dily eft form hae hat ho host ken leaf lef let mod mode modem modes mont moth moths
    mouth oken pend pending pent quest send sending sent spelling spet toke wee who
"""
