"""Portuguese words of money and status, those of Brazil and of Portugal, as `fold` leaves them."""

from __future__ import annotations

from collections.abc import Mapping

PORTUGUESE: Mapping[str, str] = {
    "-": """
        a noite, a quantas, a quantas anda, a quanto, a que horas, a seguir, a tarde, agora mesmo, alem disso,
        alguem sabe, alguma coisa, ao longo, ao todo, apenas eu, aqui pra mim, ate a presente data, ate agora,
        ate aqui, ate o momento, ate o presente momento, avisa meu chefe, avisa o financeiro, boa noite, boa
        tarde, bom dia, checa pra mim, com a passada, com a semana passada, com o mes passado, com o passado,
        com ontem, com sua licenca, como estamos, como fica, como ficou, como foi, comparado a ontem, comparado
        a passada, comparado a semana passada, comparado ao mes passado, comparado com a passada, comparado com
        a semana passada, comparado com o mes passado, comparado com ontem, confere pra mim, conosco gastar,
        consegue dizer, consegue me dizer, consegue me mostrar, consegue me passar, consegue mostrar, consegue
        ver, consulta pra mim, conta ai, conta pra gente, conta pra mim, contra a semana passada, contra o mes
        passado, contra ontem, da conta, da para mostrar, da para ver, da pra calcular, da pra dizer, da pra
        informar, da pra listar, da pra me dizer, da pra me falar, da pra me informar, da pra me mostrar, da
        pra me passar, da pra me ver, da pra mostrar, da pra saber, da pra somar, da pra ver, daqui a quanto
        tempo, de costume, de manha, de novo, deste ai, detalha para mim, detalha pra mim, diga me, diga para
        mim, diga pra mim, diz ai, diz me, diz pra mim, do que a passada, do que na anterior, do que na
        passada, do que na semana passada, do que no anterior, do que no mes passado, do que no passado, do que
        o costume, do que o normal, do que o passado, do que ontem, e ai, em dinheiro, em dolar, em dolares, em
        geral, em grana, em media, em quanto tempo, em que pe, em relacao a ontem, em relacao a semana passada,
        em relacao ao mes passado, em total, este aqui, eu acho, eu gostaria, eu gostaria de saber, eu preciso,
        eu preciso saber, eu queria, eu queria saber, eu queria ver, eu quero, eu quero saber, eu quero ver, eu
        quis, eu sei, faca um resumo, fala ai, fala para mim, fala pra mim, fala pro chefe, faz um
        levantamento, faz um resumo, feito louco, fora isso, frente a semana passada, frente ao mes passado,
        geral ai, gostaria de saber, gostaria de ver, hj em dia, hoje em dia, hora de, isso tudo, levanta pra
        mim, lista para mim, lista pra mim, liste para mim, liste pra mim, mais ou menos, me ajuda, me conta,
        me conta ai, me conte, me da, me de, me diga, me diz, me explica quanto, me faca um resumo, me fala, me
        fale, me faz um resumo, me informa, me informe, me lembra, me lista, me liste, me manda, me mande, me
        mostra, me mostra ai, me mostrar, me mostre, me passa, me passe, me traga, me traz, me ve, meio dia,
        meu amigo, meu bem, meu caro, meu deus, meu pe, minha gente, minha nossa, mostra me, mostra para mim,
        mostra pra mim, muita coisa, na cabeca, na conta de voces, nesse ritmo, neste momento, neste ritmo, no
        geral, no meu pe, no momento, no pe, no total, nossa, nossa que, nossa senhora, nosso bot, olha ai,
        olha so, os olhos da cara, outra vez, para meu chefe, para mim saber, para o financeiro, passa pra mim,
        pergunta rapida, peso na consciencia, pode dizer, pode falar, pode informar, pode me contar, pode me
        dizer, pode me falar, pode me informar, pode me mostrar, pode me passar, pode mostrar, pode passar,
        pode ver, poderia informar, poderia me dizer, poderia me informar, poderia me mostrar, poderia me
        passar, poderia mostrar, poderia ver, podes dizer, podes me dizer, podes mostrar, por acaso, por alto,
        por baixo, por cento, por cima, por curiosidade, por enquanto, por favor, por gentileza, por quanto
        tempo, por que aparece que, por que diz que, por que fala que, por que vc diz que, por que voce diz
        que, porque diz que, pra caralho, pra caramba, pra diretoria, pra eu saber, pra eu ver, pra minha
        chefe, preciso saber, preciso ver, presente data, pro chefe, pro financeiro, pro meu chefe, puxa para
        mim, puxa pra mim, quando o assunto e, quantas anda, quanto que, que a anterior, que a passada, que a
        semana passada, que dia, que hora, que horas, que mes passado, que na passada, que na semana passada,
        que nem doido, que nem louco, que no mes passado, que no passado, que o anterior, que o mes passado,
        que o normal, que o normal hoje, que o passado, que ontem, que semana passada, quem e voce, queria
        saber, queria ver, quero saber, quero so, quero ver, resuma para mim, resume pra mim, resumo de, sabe
        dizer, sabe me dizer, se aplicam, sei que, sem pressa, ser feito, sera que, situacao do orcamento,
        situacao do saldo, so por curiosidade, so pra saber, so quero, so um minuto, so uma duvida, tem como
        saber, tem como ver, ter ideia, ter uma ideia, toda a, todas as, todo o, todos os, tudo bem, um
        instante, um minutinho, um minuto, um segundo, uma duvida, uma pergunta rapida, vc sabe, vc sabe me
        dizer, ve para mim, ve pra mim, veja para mim, veja pra mim, verifica pra mim, voce sabe, voce sabe
        dizer, voce sabe me dizer
    """,
    "have": """
        existe, existem, ha, possui, possuimos, possuo, sobrar, tem, temos, tendo, tenha, tenho, ter, tera,
        teria
    """,
    "amount": "qntas, qt, qtas, qtos, quanta, quantas, quanto, quanto e, quanto e que, quanto que e, quantos, quao",
    "cost priced": """
        barata, barato, baratos, custa, custado, custam, custando, custar, custaram, custaria, custariam,
        custeio, custo, custos, custou, mais barata, mais barato, preco, sair por
    """,
    "cost paid": """
        bancou, cobra, cobrado, cobrados, cobranca da, cobrar, cobraram, cobrou, debito, deve, faturado,
        faturou, nos cobra, nos cobrou, paga, pagam, pagando, pagar, pagaram, pago, pagou
    """,
    "cost billed": """
        boleto do bot, cobranca, cobrancas, conta, contas, continha, despesa, despesas, fatura, faturas,
        fechamento, parte da conta, parte na conta
    """,
    "cost spend": """
        bebeu, botamos em, botou em, brincadeira, cara, caras, carissima, carissimo, caro, caros, colocamos em,
        colocou em, come mais, comendo dinheiro, comeu, comilao, comilona, consumindo dinheiro, consumo em
        dinheiro, consumo em dolares, consumo financeiro, conta salgada, custeio, desembolsado, desembolsaram,
        desembolso, desembolsou, despendemos, despendida, despendido, despendidos, desperdicou, despesao, deu
        quanto, devora, devorando, devoraram, devorou, dinheiro ja foi, dispendeu, dispendio, dispendioso,
        dispensado, drenando, drenou, enfiamos, enfiou, engolindo, engoliu, esbanjamos, esbanjando, esbanjou,
        estrago, facada, facadinha, foi a grana, foi de custo, foi de gasto, foi embora, foi gasto, foi o
        dinheiro, foi pro ralo, foi quanto, foram gastos, gasta, gastadeira, gastado, gastador, gastadora,
        gastadores, gastam, gastanca, gastando, gastao, gastar, gastaram, gastaste, gastastes, gastei de,
        gastinho, gasto, gasto ate, gasto vai para, gasto vai pra, gastoes, gastona, gastos, gastou, grana foi,
        grana ja foi, gstou, indo embora, indo o dinheiro, investimos em, investiu em, jogado fora, jogamos
        fora, jogando fora, mamou, metemos, morremos em, morreu em, o que ja foi, onde foi o dinheiro,
        onerando, oneroso, onerou, pesa, pesa mais, pesam, pesam mais, pesando, pesou, pesou no bolso, placar
        do gasto, por quanto saiu, pra onde foi o dinheiro, pra onde vai o dinheiro, preju, prejuizo, quanta
        grana foi, quanto da, quanto deram, quanto deu, quanto dinheiro foi, quanto ficou, quanto ficou a
        conta, quanto foi, quanto foi com, quanto foi em, quanto foi para, quanto foi pra, quanto foi pro,
        quanto ja deu, quanto ja era, quanto ja foi, quanto ja foi embora, quanto ja foi para, quanto ja foi
        pra, quanto largamos, quanto rolou, quanto sai, quanto saiu, quanto ta a conta, quanto ta o gasto,
        quanto ta rodando, quanto ta saindo, quanto vai para, quanto vai pra, quanto vai pro, queima, queimada,
        queimado, queimando, queimar, queimaram, queimas, queimou, ralo, rasgamos dinheiro, rasgando dinheiro,
        raspou, rolou de gasto, rombo, sai caro, sai mais caro, sai por, sai quanto, saindo caro, saindo por,
        saindo quanto, saiu a conta, saiu caro, saiu mais caro, saiu por, saiu por quanto, saiu quanto,
        salgada, salgado, sugando, sugando dinheiro, sugou, ta saindo, tamanho da conta, tamanho do rombo,
        torra, torrado, torrando, torrar, torraram, torrou, vai o dinheiro, vai quanto
    """,
    "cost paid everything": "a gente deve, devemos, estamos pagando, pagamos, quanto devemos",
    "cost spend everything": """
        a gente gastou, a quanto estamos, desembolsamos, despendemos, em quanto estamos, estamos em quanto,
        estamos gastando, estamos queimando, estamos torrando, gastamo, gastamos, gastaremos, gastavamos,
        gastemos, nos custa, nos custam, nos custando, nos custaram, nos custou, nos sai, nos saiu, quanto
        demos, quanto ja demos, queimamo, queimamos, tamo gastando, tamo queimando, torramos
    """,
    "cost paid mine": "pago eu, paguei",
    "cost spend mine": """
        custei, desembolsei, despendi, eu custei, eu custo, eu gasto, eu queimo, eu saio, eu torro, gastaria,
        gastava, gastei, gastei eu, gasto eu, me custa, me custou, queimei, queimo, sai pra mim, saio, torrei,
        torro
    """,
    "use": """
        come, comem, comendo, consome, consomem, consumida, consumidas, consumido, consumidos, consumindo,
        consumir, consumiram, consumiu, gastou de token, usa, usada, usadas, usado, usados, usando, usar,
        usaram, usou, utiliza, utilizada, utilizado, utilizados, utilizar, utilizaram, utilizou
    """,
    "use usage": "consumo, consumos, usagem, uso, usos, utilizacao, utilizacoes",
    "use mine": "comi, consumi, eu consumo, eu uso, usei, utilizei, utilizei eu",
    "use everything": "comemos, consumimos, usamos, utilizamos",
    "money": """
        bufunfa, cascalho, centavo, centavos, cents, conto, contos, credito, creditos, din din, dindin,
        dinheiro, dolar, dolares, doletas, dolinha, grana, mango, mangos, moeda, moedas, money, pila, plata,
        reais, trocado, trocados, tutu, verba pra gastar, verdinha, verdinhas
    """,
    "budget": """
        acima do previsto, alem da conta, alocacao, bolso, budget, cap, cota de gasto, cota de gastos, dotacao,
        franquia de gasto, gasta alem, gastamos alem, gastamos demais, gastando demais, gastar alem, gastei
        alem, gastei demais, gasto maximo, grana maxima, limite da conta do bot, limite de consumo em dolar,
        limite de custo, limite de custos, limite de despesa, limite de despesas, limite de dinheiro, limite de
        dolar, limite de dolares, limite de gasto, limite de gasto diario, limite de gasto mensal, limite de
        gastos, limite de gastos diario, limite de gastos mensal, limite de orcamento, limite de valor, limite
        diario de gasto, limite diario de gastos, limite do orcamento, limite em dolares, limite financeiro,
        limite mensal de gasto, limite mensal de gastos, limite orcamentario, limite para gastar, limite pra
        gastar, limites de gasto, limites de gastos, maximo de gasto, maximo de gastos, meta de gasto, meta de
        gastos, montante liberado, orcament, orcamentaria, orcamentario, orcamentinho, orcamento, orcamento de
        ia, orcamentos, passamos da conta, passando da conta, quantia maxima, teto, teto de custo, teto de
        custos, teto de dolar, teto de gasto, teto de gastos, teto diario, teto do orcamento, teto em dolares,
        teto mensal, tetos, verba, verba de ia, verbas, verbinha
    """,
    "max": "maxima, maximo",
    "most cost spend": "mais cara, mais caras, mais caro, mais caros",
    "cost spend may": "p gastar, para gastar, pra gastar",
    "left": """
        ainda resta, ainda sobra, ainda sobrou, ainda tem quanto, ainda temos de, ainda tenho de, de sobra,
        folego, nao foi gasta, nao foi gasto, nao gasta, nao gasto, nao usada, nao usado, no tanque, permanece,
        quanto ainda tem, remanescente, resta, restam, restando, restando ainda, restante, restantes, restar,
        restaram, restaria, resto, restou, sobra, sobra ainda, sobram, sobrando, sobrando ainda, sobrando de,
        sobrar, sobraram, sobraria, sobrou, sobrou ainda, tem ainda de
    """,
    "balance": """
        duros, estamos no vermelho, estamos quebrados, falidos, lisos, no azul, no vermelho, quebrados,
        saldinho, saldo, saldos, sem dinheiro, sem grana, tamo liso, tamo quebrado, zerados
    """,
    "spare": "colchao, disponiveis, disponivel, espaco, falta, faltam, faltando, gordura",
    "reach": """
        abaixo, abaixo do, acaba, acabado, acabando, acabar, acabaram, acabo, acabou, acima, acima do, aguenta
        ate, alcancamos, alcancar, alcancei, alcancou, alem, alem da, alem do, apertado, atingi, atingido,
        atingimos, atingir, atingiu, batendo no limite, batendo no teto, bater no, bateram, beirando, chega
        ate, chegando ao, chegando no, comprometer, comprometida, comprometido, consumido tudo, dentro da,
        dentro de, dentro do, deu fim, dura ate, em risco, encosta, encostando, encostou, esgota, esgotada,
        esgotado, esgotamos, esgotando, esgotar, esgotei, esgotou, estoura, estourada, estourado, estouram,
        estouramos, estourando, estourar, estouraram, estourei, estouro, estourou, excedemos, exceder, excedeu,
        excedi, excedido, foi pro saco, foi toda, foi todo, foi tudo, furar, furou, gasta tudo, gastamos tudo,
        gastou tudo, ja acabou, ja era, ja foi todo, ja foi tudo, longe da, longe do, metade, minguando,
        murchou, na rapa, na risca, na tampa, no fim, no gargalo, no limite, no limite do, no osso, no sufoco,
        no talo, o bastante, o suficiente, passamos, passando, passar, passaram, passei, passou, pela metade,
        percentual, pertinho do, perto da, perto de, perto do, porcentagem, prestes a, proximo da, proximo de,
        proximo do, proximos, quanto passamos, quase acabando, quase estourado, quase estourando, quase no,
        raspa do tacho, raspando, seca, secando, secou, sem, suficiente, termina, terminar, terminou, torrado
        tudo, ultrapassado, ultrapassamos, ultrapassar, ultrapassei, ultrapassou, vai dar, vai dar pra, vai
        estourar, vazia, vazio, zerada, zerado
    """,
    "may": """
        aceita, aceitam, aceitas, autorizado, autorizados, consegue, conseguem, conseguimos, conseguiria,
        consigo, da para, da pra, deixa, deixam, direito, liberada, liberadas, liberado, liberados, permite,
        permitem, permitida, permitida por, permitidas, permitido, permitidos, pode, podem, podemos, poder,
        poderei, poderemos, poderia, podia, posso, temos direito, tenho direito
    """,
    "limit": """
        barrada, barrado, barrou, bloqueada, bloqueado, bloqueados, bloqueio, bloqueou, cota, cotas, cotinha,
        franquia, freado, limita, limitacao, limitacao de uso, limitacoes, limitada, limitado, limitados,
        limitando, limitaram, limite, limite diario, limites, limites diarios, limitezinho, limitou, quota,
        quotas, restricao, restricoes, restrita, restrito, throttle, throttled, travado por limite, travou
        minhas perguntas
    """,
    "limit use": "limite de uso, limites de uso",
    "ask rate": "perguntar de novo, perguntar novamente, perguntar outra vez, te perguntar de novo",
    "ask": """
        acionar, chamar, consultar voce, conversar, conversar com vc, conversar com voce, conversar contigo,
        enviadas, enviar, enviar mensagens, falar com vc, falar com voce, falar contigo, fazendo, fazer, fazer
        perguntas, mandar mensagem, mandar mensagens, perguntado, perguntando, perguntar, pergunto, perguntou,
        te acionar, te chamar, te consultar, te encher, te fazer, te incomodar, te mandar, te mandar mensagem,
        te mandar mensagens, te perguntar, te usar, trocar ideia, usar voce
    """,
    "ask mine": "enviei, fiz, mandei, perguntei",
    "ask everything": "enviamos, fazemos, fizemos, mandamos, perguntamos",
    "rate": """
        a cada hora, a cada minuto, a hora, cada hora, cada minuto, com qual frequencia, com que frequencia, de
        quanto em quanto tempo, de uma vez, em um minuto, em uma hora, em uma unica hora, frequencia, hora, hr,
        minuto, na hora, num minuto, numa hora, por hora, por hr, por min, por minuto, por segundo, por vez,
        quantas por hora, quantas tentativas, quantas vezes, rpm, tantas vezes, vezes na hora, vezes no dia,
        vezes por dia, vezes por hora
    """,
    "thing": """
        chamada, chamadas, chamadas da api, chamadas de api, consultas, indagacao, indagacoes, interacao,
        interacoes, mensagem, mensagens, pedidos, pergunta, pergunta ao bot, perguntas, perguntinha,
        perguntinhas, prompt, questao, questoes, requisicao, requisicoes, solicitacao, solicitacoes
    """,
    "own": """
        a voce, assistente de ia, assistente virtual, bate papo, chamadas de ia, chamadas de llm, chat, chats,
        com a ia, com ia, com tu, com vc, com voce, com voces, conta da api, conta de ia, contas de ia,
        contigo, conversa, conversas, custo da api, custo de api, custo de ia, custos da api, custos de api, de
        ti, de voce, em ti, em vc, em voce, embedding, fatura de ia, ferramenta de ia, ferramentas de ia, gasto
        com api, gasto de api, gasto de ia, gastos com api, gastos de api, gastos de ia, inferencia,
        inferencias, inteligencia artificial, modelo de linguagem, modelos de ia, modelos de linguagem, nessa
        ia, nesta ia, papo, papos, para voce, por voce, pra vc, pra voce, respondendo, responder, respondeu,
        respondida, respondidas, resposta, respostas, rodar vc, rodar voce, rodar voces, sessao, sessoes, te,
        te acionamos, te consultar, te paga, te pagamos, te perguntamos, te perguntei, te pergunto, te usamos,
        te usando, te usar, te uso, usar voce, uso da api, uso de api, uso de ia
    """,
    "all": "tudo",
    "how_are": """
        como anda, como andam, como e que estao, como e que ta, como esta, como estao, como ta, como tao, como
        vai, como vao
    """,
    "self": """
        assistente, bots, botzinho, ce, dessa ia, desse bot, desta ia, deste bot, essa coisa, essa ferramenta,
        essa ia, esse assistente, esse bot, esse robo, esse treco, esse trem, esta ferramenta, esta ia, este
        assistente, este bot, o bot, o robo, robo, robozinho, senhor bot, seu, seus, sua, suas, teu, tu, tu e,
        tua, vc, vcs, voce, voces
    """,
    "today": """
        agora a tarde, ainda hoje, antes da meia noite, as ultimas 24 horas, ate a meia noite, ate agora hoje,
        ate meia noite, ate meia noite de hoje, ate o fim do dia, de hoje, desde a meia noite, desde cedo,
        desde meia noite, dia atual, dia corrente, dia de hj, dia de hoje, do dia, esta manha, hj, hje, hoj,
        hoje, hoje a noite, hoje a tarde, hoje cedo, hoje de manha, hoje de tarde, hoje o dia, nas ultimas 24
        horas, nesta manha, neste dia, no dia, o dia, resto do dia, resto do dia de hoje, ultimas 24 horas
    """,
    "yesterday": """
        de ontem, dia anterior, no dia de ontem, ontem, ontem a noite, ontem de manha, ontem de tarde, ontem o
        dia inteiro, ontem o dia todo
    """,
    "week": """
        a semana, a semana toda, ate agora na semana, da semana, desde o comeco da semana, desde o inicio da
        semana, desde segunda, desde segunda feira, dessa semana, desta semana, essa sem, essa semana, esse
        semana, esta sem, esta semana, na sem, na semana, nessa semana, nesta semana, sem atual, semana, semana
        atual, semana corrente, semana inteira, semana toda, semana vigente, semanal ate agora, semaninha,
        ultimos 7 dias, ultimos sete dias
    """,
    "last-week": """
        a semana passada, da semana passada, da ultima semana, na passada semana, na semana passada, na semana
        que passou, na ultima semana, outra semana, sem pass, sem passada, semana anterior, semana passada,
        semana que passou, ultima semana
    """,
    "month": """
        ate o fim do mes, ate o final do mes, ate virar o mes, desde o comeco do mes, desde o dia 1, desde o
        dia primeiro, desde o inicio do mes, desse mes, desse mesmo mes, deste mes, deste mes ate agora, do
        mes, esse mes, este mes, fim de mes, fim do mes, final do mes, mes, mes aberto, mes ate agora, mes
        atual, mes corrente, mes em curso, mes inteiro, mes presente, mes todo, mes vigente, nesse mes, neste
        mes, no mes, o mes, o mes todo, resto do mes, ultimos 30 dias, ultimos trinta dias, virada do mes,
        virar o mes
    """,
    "last-month": """
        do mes anterior, do mes passado, do ultimo mes, mes anterior, mes fechado, mes passado, mes q passou,
        mes que passou, mes recem encerrado, no mes anterior, no mes passado, no mes que passou, no ultimo mes,
        o mes passado, outro mes, ultimo mes, ultimo mes inteiro
    """,
    "other_period": """
        abril, agosto, amanha, ano, ano passado, anos, anuais, anual, bimestre, decada, dezembro, do ano,
        domingo, esse ano, este ano, exercicio, fevereiro, fim de semana, janeiro, julho, junho, maio, marco,
        mes que vem, mes retrasado, meses, nesse ano, neste ano, no ano, nos proximos dias, novembro, outubro,
        por ano, proxima semana, proximo mes, proximos meses, quarta, quinta, sabado, segunda, semana que vem,
        semana retrasada, semestre, setembro, sexta, terca, trimestre, ultima hora, ultimo ano, ultimos anos,
        ultimos meses
    """,
    "day": """
        a cada dia, ao dia, cada dia, dia, diaria, diariamente, diarias, diario, diarios, em um dia, num dia,
        para o dia, por dia, pro dia, todo dia
    """,
    "monthly": """
        a cada mes, ao mes, cada mes, em um mes, mensais, mensal, mensalmente, num mes, para o mes, por mes,
        pro mes, todo mes
    """,
    "mine": """
        alcancei, atingi, bati, cheguei, comigo, consigo, esgotei, estou, estourei, eu, eu ja, excedi, fui,
        meu, meus, mim, minha, minhas, na minha conta, para mim, passei, pessoal meu, posso, pra mim, sou,
        tenho, to, ultrapassei
    """,
    "channel": """
        desse canal, desse grupo, desta sala, deste canal, deste chat, deste grupo, esse canal, esta sala, esta
        thread, este canal, este grupo, nesse canal, nesse chat, nesse grupo, nesta conversa, nesta sala, nesta
        thread, neste canal, neste chat, neste grupo, neste topico
    """,
    "everything": """
        a casa, a equipe, a firma, a galera, a gente, a turma, agente, alcancamos, atingimos, batemos,
        chegamos, conosco, conseguimos, da equipe, da galera, da gente, da turma, do time, empresa, empresa
        inteira, empresa toda, equipe, equipe inteira, equipe toda, esgotamos, estamos, estouramos, excedemos,
        firma, galera, galera inteira, galera toda, gente, gente toda, geral da empresa, geral do time, grupo
        todo, na nossa conta, nois, nois tudo, nos, nossa, nossa galera, nossas, nosso, nosso povo, nossos, o
        grupo, o pessoal, o povo, o time, organizacao, organizacao inteira, organizacao toda, para a gente,
        passamos, pessoal inteiro, pessoal todo, podemos, povo, pra gente, pra nos, somos, tamo, tamos, temos,
        time, time inteiro, time todo, times, tinhamos, tivemos, toda a empresa, toda a equipe, todas as areas,
        todas as pessoas, todo mundo, todo mundo junto, todo o time, todos, todos nos, todos os canais, todos
        os usuarios, todos voces, turma inteira, turma toda, ultrapassamos, usamos, vamos, workspace, workspace
        inteiro
    """,
    "user": """
        alguem, cabeca, colega, colegas, funcionario do time, gente do time, individuo, individuos, integrante,
        integrantes, membro, membros, pessoa, pessoas, user, users, usuaria, usuario, usuarios, utilizador,
        utilizadores
    """,
    "by:user": """
        cada colega, cada membro, cada pessoa, cada qual, cada um, cada um de nos, cada uma, cada usuario, de
        cada um, individualmente, por cabeca, quem de nos, quem mais, um por um
    """,
    "who": """
        quem, quem anda, quem e, quem e que, quem e que e, quem esta, quem foi, quem foi que, quem que, quem
        sao, quem sera, quem ta, quem tao, quem vem
    """,
    "dim_channel": "canais, canal, do canal, no canal, o canal, pelo canal, pro canal, sala",
    "dim_model": "llm, modelo, modelo de ia, modelo de linguagem, modelos, modelos de ia",
    "dim_provider": """
        fornecedor de ia, fornecedor de llm, fornecedor de modelo, fornecedores de ia, fornecedores de llm,
        fornecedores de modelos, provedor, provedor de ia, provedor de llm, provedor de modelo, provedora,
        provedoras, provedores, provedores de ia, provedores de llm, provider, providers, vendor, vendors
    """,
    "dim_task": """
        atividade, atividades, caso de uso, casos de uso, finalidade, finalidades, tarefa, tarefas, tipo da
        tarefa, tipo de consulta, tipo de pergunta, tipo de tarefa, tipo de trabalho, tipo de uso, tipos de
        consulta, tipos de pergunta, tipos de perguntas, tipos de tarefa, tipos de tarefas, tipos de uso
    """,
    "each": """
        a cada, aberto por, agrupado por, agrupados por, cada, com cada, com qual, compara, de cada, detalhado
        por, discriminada por, discriminadas por, discriminado por, discriminando por, distribuida entre,
        distribuido entre, distribuido por, divide por, dividida entre, dividido entre, dividido por, divididos
        por, em cada, em qual, entre, no qual, ordena, ordenado por, para cada, para qual, por, por cada, pra
        cada, pra qual, pra que, quais, quais dos, quais os, qual, qual a, qual dos, qual foi o, qual o, quebra
        por, quebrando por, rankeia, ranqueado por, ranqueia, rateado entre, reparte entre, repartido entre,
        repartido por, se distribui entre, se divide entre, se reparte entre, segmentado por, separado por,
        separados por, separando por
    """,
    "what_each": "com que, em que, para que, pra que, que",
    "most": """
        bastante mais, campea, campeao, campeoes, grosso, lider, lidera, lideram, maior, maior fatia, maior
        parte, maiores, mais, mais gastador, menor, menores, menos, pior, primeiro, primeiro lugar, puxa mais,
        top
    """,
    "asks": """
        anda perguntando, anda reclamando, esta cobrando, esta pedindo, esta perguntando, exige, fica cobrando,
        fica perguntando, me cobrou, me perguntou, pede, pediu, pediu pra saber, perguntam, perguntou, precisa
        do numero, precisa saber, quer, quer economizar, quer o numero, quer saber, quer um numero, quer ver,
        querem saber, reclama, reclamou, solicitou, ta cobrando, ta no meu pe, ta pedindo, ta pegando no meu
        pe, ta perguntando, ta querendo saber, ta reclamando, vive cobrando, vive perguntando
    """,
    "asker": """
        a chefe, a diretoria, ceo, cfo, chefe, chefia, contabilidade, controladoria, controller, coordenador,
        coordenadora, diretor, diretora, diretoria, financeiro, gerente, gestor, gestora, lider, meu chefe, meu
        gerente, meu gestor, minha chefe, o chefe, o financeiro, o pessoal do financeiro, patrao, supervisor,
        supervisora
    """,
    "state": """
        a todo vapor, acessiveis, acessivel, acordada, acordado, alcancaveis, alcancavel, algo caiu, algo
        errado, algo fora, algo fora do ar, algo quebrado, algum erro, algum problema, alguma coisa caiu,
        alguma coisa errada, alguma coisa fora do ar, alguma falha, alguma instabilidade, apagao, arriada,
        arriado, arriou, ativo, ativos, bichado, bixado, bugado, bugando, bugou, cai, caido, caidos, caindo,
        cairam, caiu, caiu de novo, capenga, capengando, capotado, capotou, com defeito, com falha, com falhas,
        com problema, com problemas, conectado, conectados, dando erro, de boa, de molho, de pe, de volta,
        defeito, defeitos, degradado, degradados, derrubado, derrubou, desabilitado, desativado, desativados,
        desligado, deu pau, deu ruim, devagar, disponivel de novo, doente, doentes, em funcionamento, em
        manutencao, em ordem, em pe, em queda, engasgado, engasgando, engasgou, errada, errado, erro, erros,
        estabilizou, estado, estaveis, estavel, falha, falhando, falharam, falhas, falho, falhou, firme e
        forte, foi pro espaco, fora, fora de servico, fora do ar, funciona, funcionam, funcionando, funcionar,
        funfa, funfando, inativo, inativos, incidente, incidentes, indisponiveis, indisponivel, inoperante,
        inoperantes, instabilidade, instaveis, instavel, intermitencia, intermitente, interrupcao,
        interrupcoes, lenta, lentao, lentidao, lento, lentos, lerda, lerdo, ligado, mal das pernas, manutencao,
        morreu, morta, morto, mortos, na ativa, na lona, nas ultimas, no ar, normais, normal, normalizado,
        normalizaram, normalizou, normalmente, off, offline, on, operacionais, operacional, operando, operante,
        operante de novo, oscilacao, oscilacoes, oscilando, pane, panes, parado, parados, parando, pararam,
        parou, parou de funcionar, pau, pifado, pifaram, pifou, problema, problema com, problema na, problema
        no, problemas, problemas com, problemas na, problemas no, quebrada, quebrado, quebrados, quebram,
        quebraram, quebrou, queda, quedas, recuperado, recuperou, respirando, responde, respondem, respondendo,
        responderam, restabeleceu, restabelecido, roda, rodam, rodando, ruim, ruins, saudaveis, saudavel,
        saude, se recuperou, sem funcionar, sem resposta, sobrecarregado, sobrecarregados, subiram, subiu,
        trabalha, trabalham, trabalhando, travada, travadao, travado, travados, travando, travou, tudo certo,
        viva, vivo, vivos, voltaram, voltaram a funcionar, voltou, voltou a funcionar, zoado, zoados
    """,
    "why": "por que, por que e que, porque",
    "docs": """
        aprova, aprovam, aprovar, calcula, calculado, como, como a gente, como altero, como calculo, como
        configuro, como consigo, como consulto, como defino, como devo, como e calculado, como eu, como faco,
        como faco para, como faco pra, como faz, como fazer, como funciona, como funcionam, como lanco, como
        mudo, como o bot, como o bot funciona, como o ragbot, como peco, como podemos, como posso, como que eu,
        como que faz, como registro, como se, como se faz, como sei, como solicito, como vejo, como voce
        funciona, configura, configurar, configure, cortar custos, cria, criar, crie, de acordo com, definicao,
        devemos, deveria, deveriamos, devo, e permitido, e se, explica, explique, o que acontece, o que conta,
        o que e, o que quer dizer, o que sao, o que significa, onde fica, onde vejo, para que serve, permitido
        usar, preciso pagar, qual o procedimento, qual o processo, qual parametro, quem aprova, quem assina,
        quem autoriza, quem esta pagando, quem paga, quem pode, reduzir custos, segundo o manual, significa,
        tem que pagar, tenho que
    """,
    "leads": """
        a, ao, aos, as, com, da, das, de, do, dos, em, na, nas, no, nos, num, numa, o, os, para, pela, pelas,
        pelo, pelos, por, pra, pras, pro, pros, sobre, um, uma, umas, uns
    """,
    "total": """
        acumulado, em quanto, em quanto esta, em quanto fechamos, em quanto fechou, em quanto ta, esta em
        quanto, fechamos em quanto, fechou em quanto, montante, quanto foi embora, quanto ja ta, quanto veio,
        saem, sai, saindo, saiu, saiu quanto, soma, ta em quanto, total geral, valor total
    """,
    "unit": """
        a pergunta, a resposta, aquela pergunta, aquela resposta, cada chamada, cada consulta, cada conversa,
        cada interacao, cada mensagem, cada pergunta, cada prompt, cada resposta, cada token, essa mensagem,
        essa pergunta, essa resposta, essa ultima pergunta, essa ultima resposta, esta mensagem, esta pergunta,
        esta resposta, esta ultima pergunta, esta ultima resposta, pergunta anterior, pergunta media, por
        chamada, por consulta, por conversa, por interacao, por mensagem, por pergunta, por prompt, por
        requisicao, por resposta, por token, resposta anterior, resposta media, sua resposta, sua ultima
        resposta, ultima pergunta, ultima resposta, um token, uma consulta, uma conversa, uma mensagem, uma
        pergunta, uma requisicao, uma resposta
    """,
    "cost spend most": "mais carinho, mais pesou, saem mais caro, sai mais caro, saiu mais caro, ta mais caro",
    "budget month": """
        limite de gasto mensal, limite de gastos mensal, limite mensal de gasto, limite mensal de gastos, nosso
        limite mensal de gastos, teto do mes, teto mensal
    """,
    "budget day": """
        limite de gasto diario, limite de gastos diario, limite diario de gasto, limite diario de gastos, teto
        diario, teto do dia
    """,
    "balance everything": """
        estamos no vermelho, estamos quebrados, tamo liso, tamo no vermelho, tamo quebrado, tamos no vermelho
    """,
    "reach mine": "bati, bati em, bati no, cheguei ao, cheguei no, fiquei, fiquei sem",
    "reach everything": """
        batemos, batemos no, chegamos ao, chegamos no, como e que estamos, como estamos, em que pe estamos,
        ficamos, ficamos sem, furamos
    """,
    "own mine": "minhas consultas, te perguntei, te pergunto",
    "own everything": "nossas consultas, te acionamos, te pagamos, te perguntamos, te usamos",
    "own cost spend": """
        consumo de ia, conta da ia, conta da openai, conta de ia, conta do modelo, conta dos modelos, custo da
        ia, custo de ia, custo de inferencia, custo de llm, custo de tokens, custos de ia, custos de
        inferencia, custos de llm, custos de tokens, custos dos modelos, fatura da ia, fatura de ia, gasto com
        tokens, gasto da ia, gasto de ia, gasto de llm, gasto de tokens, gastos de ia, queima de tokens
    """,
    "state_of_us": """
        ai do seu lado, ainda funcionando, ainda rodando, ainda ta ai, ainda ta no ar, algum problema com vc,
        algum problema com voce, alo tem alguem ai, ce caiu, ce ta ai, ce ta bem, ce ta funcionando, ce ta
        vivo, ce travou, continua de pe, continua funcionando, continua no ar, continua rodando, do seu lado,
        esta ai, esta me ouvindo, por ai com voce, problema contigo, ta acordado, ta ai, ta de pe, ta dormindo,
        ta funcionando, ta me escutando, ta me ouvindo, ta online, ta ouvindo, ta respondendo, ta rodando, ta
        vivo, ta vivo ai, tem alguem ai, tu ta ai, tu ta vivo, tudo bem com vc, tudo bem com voce, tudo bem
        contigo, tudo certo com vc, tudo certo com voce, tudo certo contigo, tudo ok com vc, tudo ok com voce,
        vc bugou, vc caiu, vc deu pau, vc esta ai, vc esta disponivel, vc morreu, vc parou, vc quebrou, vc ta
        ai, vc ta bem, vc ta disponivel, vc ta estranho, vc ta no ar, vc ta offline, vc ta online, vc ta vivo,
        vc travou, voce bugou, voce caiu, voce deu pau, voce esta ai, voce esta bem, voce esta disponivel, voce
        esta no ar, voce esta offline, voce esta vivo, voce morreu, voce parou, voce quebrou, voce ta ai, voce
        ta bem, voce ta disponivel, voce ta estranho, voce ta offline, voce ta online, voce ta vivo, voce
        travou
    """,
    "state_weak": """
        beleza, bem, bom, certinho, certo, disponiveis, disponivel, esquisita, esquisito, estranha, estranho,
        legal, na paz, suave, tranquilo, tranquilos
    """,
    "month total": "acumulado do mes, acumulado no mes",
    "cost spend most user": """
        campeao de gasto, campeao de gastos, gastador daqui, gastador mor, gastao da vez, maior gastador,
        maiores gastadores, pessoa mais cara, pessoas mais caras, quem custa mais, quem mais consome, quem mais
        gasta, quem sai mais caro, rei do gasto, top gastador, top gastadores, usuario mais caro, usuarios mais
        caros
    """,
    "weekly": "a cada semana, cada semana, por semana, semanais, semanal, semanalmente, toda semana",
    "by:user cost spend": """
        com o custo de cada um, com o gasto de cada um, com seus custos, com seus gastos, ranking de consumo,
        ranking de custo, ranking de custos, ranking de gasto, ranking de gastos
    """,
    "have everything": "a gente tem",
    "may everything": "a gente pode",
    "left everything": "a gente ainda tem quanto, ainda temos quanto, quanto a gente ainda tem, quanto ainda temos",
    "left mine": """
        ainda tenho, ainda tenho quanto, me resta, me restam, me sobra, me sobram, me sobrou, quanto ainda
        tenho, tenho ainda
    """,
    "changes": """
        abaixa, abaixar, abaixe, acrescenta, acrescentar, acrescente, adiciona, adicionar, adicione, ajusta,
        ajustar, ajuste, altera, alterar, altere, aumenta, aumentamos, aumentar, aumente, baixar, baixe, bota,
        coloca, coloque, corta, cortar, corte, defina, define, definir, diminua, diminui, diminuir, dobra,
        dobrar, eleva, elevar, eleve, estende, estender, libera, liberar, muda, mudar, mude, reduz, reduza,
        reduzir, reseta o, reseta os, resetar o, resete, restaura, restaure, sobe, soma mais, some mais, suba,
        subir, tira, tirar, tire, troca, trocar, volta o, zerar o
    """,
    "so_far": """
        acumulado, ao todo, ate a presente data, ate agora, ate aqui, ate entao, ate esse minuto, ate esse
        momento, ate este instante, ate este minuto, ate este momento, ate hoje, ate o momento, ate o presente
        momento, desde o comeco, desde o inicio, desde sempre, esse minuto, este minuto, ja, neste minuto, no
        geral, no total, por enquanto
    """,
    "budget everything": "gastamos alem, gastamos demais, passamos da conta",
    "budget mine": "gastei alem, gastei demais",
    "room": "folga, folguinha, margem de manobra, respiro",
    "credit": "credito, creditos",
    "outage": "apagao, incidente, incidentes, interrupcao, pane, panes, queda, quedas",
    "here": "aqui, canal aqui, daqui, por aqui",
    "unit mine": "minha ultima pergunta, pergunta minha, uma pergunta minha",
    "all state": "tudo de pe, tudo funcionando, tudo no ar, tudo normal, tudo online, tudo rodando",
    "limit mine": "me barrou, me bloqueou, me limitando, me limitou",
    "everything dim_model": "todos os modelos",
    "all state_weak": "tudo bem, tudo certo, tudo ok",
    "object": """
        a cada mil, custos compartilhados, documentacao, documento, documentos, falta fazer, falta pra fazer,
        faltam fazer, meu salario, mil chamadas, mil tokens, milhao, modelo de orcamento, modelo de pedido,
        outra empresa, outras empresas, outras equipes, outros times, politica, politicas, por assento, por
        chamado, por cliente, por clique, por colaborador, por contratacao, por funcionario, por km, por lead,
        por mil, por noite, por unidade, procedimento, processo, projeto, projetos, quantas horas, quantas
        pessoas, quantas semanas, quanto tempo, quantos dias, quantos meses, quantos usuarios, resta fazer,
        reuniao, tutorial
    """,
    "changed who": """
        quem abaixou, quem ajustou, quem alterou, quem aumentou, quem baixou, quem cortou, quem definiu, quem
        diminuiu, quem e que mudou, quem foi que mudou, quem mexeu em, quem mexeu na, quem mexeu no, quem mexeu
        nos, quem modificou, quem mudou, quem reduziu, quem resetou, quem subiu, quem trocou
    """,
}

PORTUGUESE_CHANGE: Mapping[str, str] = {
    "P": """
        ce consegue, ce pode, consegue, conseguiria, da para voce, da pra, da pra vc, da pra voce, gostaria que
        voce, pode, pode por favor, poderia, poderia por favor, poderias, podes, podia, por obsequio poderia,
        preciso que voce, queria que voce, quero que vc, quero que voce, se puder, tem como, tem como voce,
        teria como, vc consegue, vc pode, vc poderia, voce consegue, voce conseguiria, voce pode, voce poderia
    """,
    "p": """
        agora, agradeco, ai, beleza, blz, boa noite, boa tarde, bom dia, bot, brigada, brigado, cara, de novo,
        desde ja obrigado, e, e ai, eai, ei, entao, favor, favorzinho, fazendo favor, fera, grata, gratidao,
        grato, hey, imediatamente, ja, logo, mano, me faz o favor, muito obrigada, muito obrigado, novamente,
        obg, obgd, obrigada, obrigado, oi, oie, oii, ok, ola, ola bot, opa, para mim, permanentemente, pf, pfv,
        pfvr, please, plis, pls, por favor, por gentileza, pra mim, provisoriamente, querido, ragbot,
        rapidinho, se der, se possivel, so, ta, tambem, temporariamente, tks, urgente, valeu, vlw
    """,
    "s": """
        acerta, acerte, adota, adote, ajusta, ajustar, ajuste, altera, alterar, altere, aplica, aplicar,
        aplique, atualiza, atualizar, atualize, autoriza, autorizar, autorize, bota, botar, bote, coloca,
        colocar, coloque, configura, configurar, configure, corrige, corrija, da ao, da pro, da um, da uma,
        dar, defina, define, definir, deixa, deixar, deixe, determina, determinar, determine, edita, editar,
        edite, estabeleca, estabelece, estabelecer, faca, faz, fixa, fixar, fixe, institua, libera, liberar,
        libere, limita, limitar, mantem, mantenha, marca, marque, modifica, modificar, modifique, muda, mudar,
        mude, passa, passar, passe, permita, permite, permitir, poe, ponha, programa, programe, reajusta,
        reajustar, reajuste, restringe, restringir, restrinja, seta, setar, tenha, tenham, tenhamos, troca,
        trocar, troque
    """,
    "sG": "botando, definindo, deixando, fixando",
    "z": "redefina, redefine, reset, reseta, resetar, resete, restaura, restaurar, restaure, retoma, retome",
    "r": "joga, jogue, leva, leve, puxa, puxe, retorna, retorne, volta, voltar, volte",
    "r+": """
        acresce, afrouxa, afrouxe, alarga, alargue, amplia, ampliar, amplie, aumenta, aumentar, aumente,
        avanca, eleva, elevar, eleve, engorda, estenda, estende, estica, estique, expanda, expande, expandir,
        incrementa, incremente, levanta, levante, sobe, suba, subir, turbina
    """,
    "r+G": "aumentando, elevando, subindo",
    "r-": """
        abaixa, abaixar, abaixe, aperta, aperte, baixa, baixar, baixe, corta, cortar, corte, desca, desce,
        descer, diminua, diminui, diminuir, encolha, encolhe, encurta, encurte, enxuga, enxugue, reduz, reduza,
        reduzir
    """,
    "r-G": "baixando, diminuindo",
    "b": """
        alocacao, budget, budgets, despesa, despesas, dotacao, gasto, gastos, limite de custo, limite de
        custos, limite de despesas, limite de dinheiro, limite de gasto, limite de gastos, limite de valor,
        limite do gasto, limite do orcamento, limite dos gastos, limite em dolares, limite orcamentario,
        orcamento, orcamento de ia, orcamento do bot, orcamentos, teto, teto de custo, teto de custos, teto de
        gasto, teto de gastos, teto do orcamento, verba, verba de ia
    """,
    "l": "cota, limite, limites",
    "d": """
        a cada dia, ao dia, cada dia, dia, diaria, diariamente, diarias, diario, diarios, do dia, por dia, pro
        dia, todo dia
    """,
    "m": """
        a cada mes, ao longo do mes, ao mes, cada mes, desse mes, deste mes, do mes, esse mes, este mes,
        mensais, mensal, mensalmente, mes, neste mes, no mes, num mes, por mes, pro mes, todo mes
    """,
    "t": """
        apenas hoje, apenas no dia de hoje, apenas para hoje, apenas por hoje, ate a meia noite, ate a virada
        do dia, ate acabar o dia, ate amanha, ate meia noite, ate o dia acabar, ate o fim do dia, ate o final
        do dia, de hoje, de hoje so, exclusivamente hoje, hj, hoje, hoje apenas, hoje so, no dia de hoje, no
        resto de hoje, no resto do dia, no resto do dia de hoje, para hoje, para o resto do dia, pelo resto de
        hoje, pelo resto do dia, por hoje, por hoje so, pra hoje, pro resto do dia, so agora hoje, so ate o fim
        do dia, so esta noite, so hj, so hoje, so no dia de hoje, so no resto do dia, so para hoje, so por
        hoje, so pra hoje, somente hoje, somente no dia de hoje, somente para hoje, somente por hoje,
        unicamente hoje
    """,
    "c": """
        aqui, canal, canal atual, daqui, dessa sala, desse canal, desse chat, desse grupo, desta sala, deste
        canal, deste chat, deste grupo, do canal, do canal atual, essa sala, esse canal, esse grupo, esta sala,
        este canal, este grupo, nesse canal, neste canal, neste grupo, no canal, o canal, para o canal, por
        aqui, pro canal
    """,
    "e": """
        a galera, a gente, da galera, da gente, do bot, do pessoal, do ragbot, empresa, empresa inteira,
        empresa toda, equipe, equipe inteira, equipe toda, galera, galera toda, gente, geral, global, no geral,
        nos, nossa, nosso, nossos, o bot, o pessoal, o ragbot, o workspace inteiro, organizacao, pessoal,
        pessoal todo, pra gente, seu, sua, time, time inteiro, time todo, toda a empresa, toda a equipe, toda
        equipe, todo mundo, todo o time, todo o workspace, todos, todos nos, todos os canais, todos os
        usuarios, total, tudo, turma, workspace, workspace inteiro, workspace todo
    """,
    "i": "comigo, eu, me, meu, meu proprio, meus, mim, minha",
    "k": "ao, para, pra, pro",
    "q": "com, como, de, em, igual a",
    "j": """
        a, aos, as, da, do, exatamente, ficar, fique, mais, na, no, o, os, pras, seja, ser, um, uma, valor,
        valor de
    """,
    "$": "dolar, dolares, dolares americanos, dolars, doleta, doletas, dollars, us, usd",
    "w": """
        a partir de agora, a partir de hoje, daqui em diante, daqui para frente, daqui pra frente, de agora em
        diante, de agora pra frente, de hoje em diante, doravante
    """,
    "D": """
        configuracao, configurado, de antes, de fabrica, de sempre, default, inicial, normal, original, padrao,
        que era, que era antes, valor configurado, valor da configuracao, valor inicial, valor normal, valor
        original, valor padrao
    """,
    "u": "ate, de no maximo, em no maximo, maximo de, no limite de, no maximo, para ate, pra ate, um maximo de",
    "v": "consumir, gasta, gastar, gastarmos, gaste, gastem, queimar, torrar, usar",
    "sbi": """
        limita me, limite me, me bota em, me coloca em, me coloque em, me limita, me limita em, me limite, me
        mantem em, me poe em, me ponha em
    """,
    "si": "me da, me de, me deixa, me deixe, me libera, me libere, me permita, me permite",
}

PORTUGUESE_SLIPS = """
    cmo=como cnl=canal cust=custo dess=desse dnr=dinheiro ess=esse esste=este faze=fazer gnt=gente grna=grana
    gst=gasto gstei=gastei limti=limite lmite=limite lmt=limite ms=mes msg=mensagem msgs=mensagens ness=nesse
    ngm=ninguem onte=ontem onti=ontem oq=que orc=orcamento orcam=orcamento orcto=orcamento perg=perguntas
    pergs=perguntas pgta=pergunta ql=qual qm=quem qnt=quanto qnto=quanto qq=qualquer qto=quanto qts=quantas
    quato=quanto seman=semana semna=semana td=tudo tds=todos tkn=tokens tkns=tokens
"""
PORTUGUESE_NO_SLIPS = """
    asto canais casto contar custo custom diaro esta ets gasoleo gasos gasoso gasta gaste gato gatos gosta gostamos
    gostaria gostei gosto gostos gostou hoe hole mensa mesa mode modelos oje pasada pato perguntar postou quant
    quentes querer rest retas rsta semanas torre torres
"""
