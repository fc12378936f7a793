"""Portuguese, Brazilian and European, as `rag.cache.reading` sees it: without accents."""

from __future__ import annotations

import re

from rag.cache.lexicon.forms import Lexicon, openings, rewrites, synonyms, words

_EU = "(?: (?:eu|a gente|nos|se|voces?|alguem))?"
_ASKED = (
    "(?=(?:como|quem|quando|aonde|onde|qual|quais|quant[oa]s?|por (?:que|qual|quanto)|(?:com|de) (?:que|quem)|o que|"
    "que|a que|em que|para que)\\b)"
)
_TELL = "(?:dizer|informar|explicar|falar|contar|mostrar|diz|diga|explica|explique|fala|fale|informe|mostra|mostre)"
_DE = "(?:de|do|da|dos|das)"
_RIGHT = "(?:corret|cert)[oa]"
_WAY = "(?:jeito|forma|maneira|modo|procedimento|processo|metodo|passos)"
_MUST = "(?:precis[oa]|precisamos|devo|devemos|deve|tenho que|tenho de|temos que|e preciso|e necessario)"
_CAN = "(?:posso|podemos|pode|podem|consigo|conseguimos|consegue|poderia|devo|devemos|deve|deveria)"

PORTUGUESE = Lexicon(
    rewrites=rewrites(
        (r"\bpor (?:favor|gentileza)\b", ""),
        (r"\bpra\b", "para"),
        (r"\bpro\b", "para o"),
        (r"\b(?:vc|vcs)\b", "voce"),
        (r"\btah?\b", "esta"),
        (r"\bpq\b", "por que"),
        (r"\bporque\b", "por que"),
        (r"\be que\b", "que"),
        (r"\bpasso a passo\b", "passos"),
        (r"\bfazer (?:o |a )?(?:login|log in)\b", "login"),
        (r"\bfazer (?:o |um )?download\b", "baixar"),
        (r"\bfazer (?:a |uma )?instalacao\b", "instalar"),
        (r"\bfazer (?:a |uma )?configuracao\b", "configurar"),
        (r"\b(?:realizar|efetuar|fazer) (?:o |um )?(?:pedido|solicitacao) de\b", "solicitar"),
        (r"\bbanco de dados\b", "database"),
        (r"\bqual o significado\b", "qual e o significado"),
        (r"\bo que (?:significa|quer dizer)\b", "qual e o significado de"),
        (r"\bquanto (?:custa|custam|sai)\b", "qual o preco de"),
        (r"\b(?:qual|quais) (?:e |sao )", "qual "),
        (r"\b(?:(?:estou|esta|estao|tou) )?autorizad[oa]s? a\b", "pode"),
    ),
    polite=re.compile(
        r"(?:(?:oi|ola|bom dia|boa tarde|boa noite|e ai|opa)(?: (?:pessoal|gente|time|galera|equipe|bot))?"
        r"|pessoal|gente|galera|(?:uma |tenho uma )?duvida|desculpe?|entao"
        rf"|(?:voces? |alguem )?(?:podem?|poderiam?|sabem?|saberia)(?: me| nos)?(?: {_TELL})? {_ASKED}"
        rf"|(?:eu )?(?:gostaria de|queria|quero|preciso) (?:saber|entender|descobrir) {_ASKED}"
        rf"|(?:me |nos )?{_TELL} {_ASKED})\b\s*"
    ),
    openings=openings(
        how_to=(
            rf"como(?: que)?{_EU} (?:fazer|faco|fazemos|faz) para(?: conseguir| poder)?(?: me)?",
            rf"como(?: que)?{_EU} {_CAN}(?: fazer para)?(?: me)?",
            rf"(?:qual|quais)(?: seria)?(?: [oa]s?)?(?: melhor| {_RIGHT})? {_WAY}(?: {_RIGHT})? (?:de|para)",
            rf"o que(?: que)?{_EU} {_MUST} fazer para",
            rf"de que (?:forma|maneira|modo|jeito)(?: que)?{_EU}(?: {_CAN})?",
            r"^(?:eu )?(?:quero|queria|gostaria de|estou tentando)",
            rf"como(?: que)?{_EU}(?: me)?(?= (?!funciona|esta\b|estao\b|e\b|foi\b|anda\b|sao\b))",
        ),
        how=("como",),
        how_many=("quant[oa]s vezes", "quant[oa]s", r"qual (?:o |a )?(?:numero|quantidade) de"),
        how_long=(
            "(?:por |durante |em )?quanto tempo",
            rf"qual o (?:tempo|prazo) {_DE}",
        ),
        how_often=("com que frequencia", "de quanto em quanto tempo", rf"qual a frequencia {_DE}"),
        price=(rf"qual (?:o )?(?:preco|custo|valor) {_DE}",),
        how_much=("quant[oa]",),
        time=("(?:a )?que horas?", "(?:em )?que horario", r"qual (?:o )?horario"),
        day=("(?:em )?que dia", "(?:em )?que data", "qual (?:o dia|a data)"),
        whose=("de quem",),
        who=("quem",),
        when=("quando",),
        found=(
            rf"onde{_EU}(?: posso| consigo| podemos)? (?:encontro|encontrar|encontramos|acho|achar|localizo|localizar)",
            "onde (?:que )?(?:fica|ficam|esta|estao)",
        ),
        from_where=("de onde",),
        where=(rf"(?:aonde|onde|em que lugar|em qual lugar){_EU}(?: posso| podemos| devo| consigo)?",),
        why=(r"por qual (?:motivo|razao)", rf"qual (?:o motivo|a razao) (?:{_DE}|para|pel[oa] qual)", "por que"),
        purpose=(
            "para que (?:serve|servem)",
            rf"qual a (?:finalidade|utilidade) {_DE}",
            "para que",
        ),
        meaning=(rf"qual (?:o )?(?:significado|sentido) {_DE}",),
        does=("o que (?:faz|fazem)",),
        what=("o que(?: sao)?",),
        which=("qual", "quais", "que"),
        can=(
            r"^(?:tem como|da para|ha como|tem jeito de|e possivel|seria possivel|e permitido|e permitida)",
            r"^existe (?:alguma |um |uma )?(?:forma|maneira|jeito|modo) (?:de|para)",
            r"^(?:eu |nos )?(?:posso|podemos|consigo|conseguimos)",
            "^a gente (?:pode|consegue)",
        ),
        must=(
            r"^(?:eu )?(?:preciso|precisamos|tenho que|temos que|tenho de)(?! de\b)",
            r"^e (?:necessario|preciso|obrigatorio)",
        ),
        should=("^(?:devo|devemos|deveria)",),
        exists=("^(?:tem|ha|existe|existem|temos)",),
    ),
    silent=words("""
        o a os as um uma uns umas e sao eu nos se meu minha meus minhas nosso nossa nossos nossas obrigado
        obrigada favor gentileza ai la ne ser
    """),
    loose=words("""
        de do da dos das em no na nos nas ao aos num numa isso isto este esta esse essa aquele aquela
        aqui que estou estao exatamente realmente atualmente simplesmente corretamente
    """),
    synonyms=synonyms("""
        nao nem
        nunca jamais
        foi foram
        era eram
        estava estavam
        tinha tinham
        vai vao vamos vou
        todo toda todos todas cada
        so somente apenas unicamente exclusivamente
        qualquer quaisquer
        algum alguma alguns algumas
        me mim
        outro outra outros outras
        mesmo mesma mesmos mesmas
        posso podemos
        devo devemos
        preciso precisamos
        muito muita muitos muitas
        pouco pouca poucos poucas
        depois apos
        por pelo pela pelos pelas
        admin admins administrador administradores administradora
        docs documentacao
        app apps aplicativo aplicativos
        repo repositorio repositorios
        ambiente ambientes
        usuario usuarios utilizador utilizadores
        arquivo arquivos ficheiro ficheiros
        funcionario funcionarios colaborador colaboradores empregado empregados
        celular celulares
        mudar mudo mudando alterar altero alterando modificar modifico
        excluir excluo excluindo apagar apago apagando deletar deleto deletando
        comprar compro comprando adquirir adquiro
        consertar conserto arrumar arrumo
        comecar comeca comecam iniciar inicia iniciam
        usar uso usando utilizar utilizo utilizando
        mostrar mostra exibir exibe
        enviar envio enviando mandar mando mandando
        obter obtenho conseguir
        solicitar solicito solicitando pedir peco pedindo requisitar requisito
        baixar baixo download
        abrir abro abre
        ver vejo
        fazer faco
        seguir sigo
        incluir incluo
        database bd
        producao prod
        email emails
        foto fotos fotografia
    """),
    kinds=rewrites(
        (r"(?:dor|dora|dores|doras|nte|ntes|ista|istas)$", "doer"),
        (r"(?:vel|veis)$", "able"),
        (r"(?:dade|dades|eza|ezas)$", "quality"),
        (r"(?:mento|mentos)$", "thing"),
        (r"(?:oso|osa|osos|osas|ivo|iva|ivos|ivas)$", "like"),
        (r"mente$", "manner"),
        (r"issim[oa]s?$", "most"),
        (r".{2}(?:ou|eu|iu|ei|aram|eram|iram)$", "past"),
    ),
    number_words=("dois", "tres", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez"),
)
