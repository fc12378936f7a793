"""The words of money and status, each under the marks that say what it does in a message.

    -             says nothing of its own               the, please, show me, so far
    amount        asks for a quantity                   how much, quantos
    what          asks what something is                what is
    why           asks for a reason                     why, por que
    total         a sum of anything                     total, quanto já foi
    token         what models are paid by               token, tokens
    cost          money that was spent; with one of:
    spend         by the bot, if nothing else is named  spent, gasto
    priced        or the price of something             costs, custo
    paid, billed  or wages, customers, invoices         pay, fatura
    use           may mean what was spent               used, usou
    usage         its nouns                             usage, consumo
    money         in general                            dollars, grana
    budget        money that may be spent               budget, spending limit, verba
    afford        asks for it                           afford
    left          what remains of it                    remaining, sobrou
    balance       the same, of nothing but money        balance, saldo
    room          the same, a metaphor                  headroom, respiro
    spare         the same, or people who have time     available, falta
    credit        money that was paid before            credits
    reach         how near its end is                   exceeded, estourou
    limit         how much may be asked                 rate limit, cota
    cap           a budget or a limit                   cap, ceiling
    max           of a limit                            maximum
    may           permission                            can, posso
    have          possession                            is there, temos
    ask           what is done with the bot             ask, perguntar
    rate          how often                             per minute, quantas vezes
    thing         what is counted                       questions, tokens
    unit          what an average is taken of           a question, por resposta
    single        one of whom costs can be split by     a user, an employee
    own           the bot's work                        answers, AI
    self          the bot                               you, the bot
    api           the bot's, or the team's              API
    vendor, model_name                                  OpenAI, Claude
    today, yesterday, week, last-week, month, last-month, day, monthly
    weekly        of a week, for costs alone
    other_period  one that no command knows             this year, amanhã
    mine, channel, everything                           my, this channel, we
    here          this channel, if nobody is named      here, aqui
    user, dim_…   what costs can be split by            person, model, provedor
    each          splits by what follows                per, which, por
    what_each     the same, directly before it          what, que
    by:user       splits by person                      each of us
    who           the same, where money was spent       who, quem
    most          the most of something                 biggest, mais
    asker, asks   somebody who has the question         my boss, wants to know
    it            something that was named before       it, its
    state         how the bot or a provider is          down, fora do ar
    state_weak    the same, or a word of assent         ok
    state_of_us   the same, of whoever is spoken to     are you there, tá aí
    how_are       asks for it                           how are, como estão
    outage        a state that costs money              outage, queda
    all           everything that runs                  everything, tudo
    object        what the bot keeps no books of        how many days, per seat, policy
    docs          asks how to do something              how do I, should, explain
    changes       orders a change                       raise, aumenta
    changed       asks who made one                     who changed, quem mudou
    so_far        speaks of what is in the books        so far, já
    leads         what follows is a thing               the, for, com

A phrase comes before a shorter one with the same beginning, and has the marks of all places where it stands. Words that
are in no phrase may be plain (they carry no object) or other (they are one that the bot keeps no books of); what is
neither is a stranger, unless it is a slip of the keys: two letters swapped, one too many, missing or, in a longer word,
wrong, but never the first.
Words under `…_CHANGE` are spelt as letters, in which `bot.intent.change` reads an order:

    P  asks the bot to do something      p  politeness               j  may stand anywhere
    w  from now on
    s  sets    r  moves                  z  resets                   D  the default
    +  up      -  down                   G  says what goes on: an order only after P
    b  a budget                          l  a limit of any kind      v  to spend
    d  a day   m  a month                t  this day alone
    c  this channel's                    e  everybody's              i  one's own
    k  to      u  up to                  q  at, of                   $  dollars

Words are in lower case and without accents, as `fold` leaves them; what follows an apostrophe is a word (`what s`).
Under `…_SLIPS` are shorter words that slips are known of, and under `…_NO_SLIPS` words that only look like slips.
"""
