"""Portuguese words that tell tasks apart, those of Brazil and of Portugal."""

from __future__ import annotations

from collections.abc import Mapping

PORTUGUESE: Mapping[str, str] = {
    "l": """
        por favor, pf, pfv, pode, poderia, podes, podia, podias, consegue, consegues, voce pode, vc pode, voce poderia,
        voce consegue, me, ajuda, ajude, ajuda me, me ajuda a, me ajude a, ajuda me a, me fala, me diga, diga me,
        diz me, me diz, me conta, preciso saber, quero saber, gostaria de saber, preciso que, quero que, queria que, e,
        entao, alguem pode, alguem consegue, da pra, tem como, so, ai, poderia informar, gostaria de, preciso, tu, voce,
        voces, pode me, poderia me, por gentileza, vc, vcs
    """,
    "h": """
        como, como faco, como faco para, como faco pra, como fazer, como fazer para, como e que, como eu, como eu faco,
        como posso, como e que eu, como e que se, como se, como que eu, como que, qual a melhor forma de,
        qual o melhor jeito de, como consigo, como faria, como eu faria, como faria para, como se faz, como fazemos,
        como a gente faz, como poderia, como eu poderia, como conseguiria, to tentando, estou tentando, estou a tentar,
        tentando, qual o jeito de, qual a maneira de, de que forma posso
    """,
    "w": """
        que, qual, quais, quem, onde, aonde, quando, por que, porque, porque e que, quanto, quanta, quantos, quantas,
        o que, qual e, quais sao, quanto tempo, de quem, em que, a que, com quem, para que, de quanto, onde e que,
        quem e, cade, com que, o que acontece
    """,
    "u": "o que e, que e, oq e, o que e um, o que e uma, o que sao, quanto e, o que seria",
    "y": """
        ja, ainda, sera que, alguem sabe se, sabe se, sabes se, vc sabe se, voce sabe se, sabem se, alguem ja,
        por acaso, estamos
    """,
    "k": """
        posso, podemos, tem, temos, ha, existe, existem, e permitido, e possivel, e obrigatorio, precisa, devo, devemos,
        da para, pode se
    """,
    "M": """
        implementa, implemente, implementar, refatora, refatore, refatorar, depura, depure, depurar, programe,
        programar, codifica, codifique
    """,
    "m": """
        escreva, escreve, escrever, gera, gere, gerar, cria, crie, criar, faz, faca, fazer, faz me, monta, monte,
        montar, corrige, corrija, corrigir, arruma, arrume, conserta, conserte, reescreve, reescreva, reescrever,
        converte, converta, converter, passa, passe, transforma, transforme, traduz, traduza, traduzir, porta, porte,
        migra, migre, otimiza, otimize, otimizar, optimiza, optimize, simplifica, simplifique, adiciona, adicione,
        acrescenta, acrescente, desenvolve, desenvolva, desenvolver, elabora, elabore, coloca, coloque, poe, ponha,
        prepara, prepare, constroi, construa, complete, automatize, desenhe, ajusta, ajuste, formata, formate,
        escreve me, cria me, gera me, comenta, comente, comentar, bota, bote, botar, documenta, documente, junte,
        esboca, esboce, renomeia, renomeie, completa o, completa a, completa este, completa esta, edita, edite,
        modifica, modifique, melhora, melhore, acelera, acelere, deixa, deixe, limpa, limpe, deixar, melhorar, ajustar,
        adapta, adapte, transformar, resolve, resolva
    """,
    "i": """
        de me, me da, me de, da me, manda, mande, me manda, me mande, manda me, mostra, mostre, me mostra, me mostre,
        mostra me, preciso de, preciso dum, preciso duma, precisava de, preciso de um, quero, queria, gostaria de ter,
        qual seria, quais seriam, exemplo de, um exemplo de, me passa, me passe, tens, fornece, forneca, explica,
        explique, explicar, explica me, me explica, me explique, liste, lista, listar, encontre, encontra, ache,
        procure, procura, busque, verifique, verifica, leia, le, descreva, descreve, me arruma, me arranja, arranja me,
        me consegue, to precisando de, estou precisando de, como seria, gostaria de um, gostaria de uma, gostava de ter,
        queria um, quero um, dar, me dar, mandar, me mandar, mostrar, me mostrar, me explicar, encontrar, procurar,
        descrever, verificar
    """,
    "r": """
        resuma, resume, resumir, resuma me, compare, compara, comparar, confronte, revise, revisa, revisar, reve,
        reveja, analise, analisa, analisar, extraia, extrai, extrair, condensa, condense, condensar, sintetiza,
        sintetize, sintetizar, avalia, avalie, avaliar, identifica, identifique, enumera, enumere, enumerar, detalhe,
        detalha, detalhar, destaque, destaca, aponte, aponta, critique, encurta, encurte, percorra, percorre, contraste,
        levante, levanta, esmiuce, destrinche, cruze, cruza, reuna, reune, contraponha, da uma olhada, de uma olhada,
        da uma lida, olha, sinaliza, sinalize, elenque, elenca, mapeie, mapeia, organize, agrupe, agrupa, agrupar,
        examine, examina, examinar, confere, confira, sumarize, sumariza, sumarie, escrutina, rever, investigue,
        investiga, inspecione, separe, separa, junta os, junta as, veja se, confira se, ver se
    """,
    "c": """
        funcao, classe, comando, expressao regular, teste unitario, testes unitarios, caso de teste, casos de teste,
        formula, codigo, consulta, modulo, macro, metodo, algoritmo, ciclo, laco, decorador, bug, expressao, pagina web,
        procedure, trecho de codigo, pedaco de codigo, trecho, funcaozinha, scriptzinho, programa, programinha, funcoes,
        comandos, parser
    """,
    "T": """
        este, esse, estes, esses, essa, estas, essas, isto, isso, desta, deste, dessa, desse, neste, nesse, nesta, nessa
    """,
    "A": """
        em anexo, anexo, anexado, anexada, abaixo, a seguir, este texto, esse texto, este paragrafo, esse paragrafo,
        este rascunho, esse rascunho, este email, esse email, esta conversa, essa conversa, este documento,
        esse documento, este artigo, esse artigo, este pdf, esse pdf, estas notas, essas notas, esta pagina,
        essa pagina, esta carta, essa carta
    """,
    "e": """
        todos, todas, inteiro, inteira, resumo, sintese, panorama, visao geral, tabela, linha do tempo, cronologia,
        checklist, lista de, tudo, tudo o que, tudo que, em topicos, em bullets, revisao critica, quais dos nossos,
        quais das nossas, quais dos, quais das, levantamento, comparacao, comparativo, lacunas, resumao, resuminho,
        sumario, na integra, por inteiro, matriz, inventario, lista completa, comparativo de, quadro comparativo,
        uma tabela com, uma lista, quadro, cada, apanhado, sumario executivo, sinopse, ultimas duas, ultimas tres,
        ultimas quatro, ultimas cinco, ultimas dez, ultimos dois, ultimos tres, ultimos quatro, ultimos cinco,
        ultimos dez, ambos, ambas
    """,
    "E": """
        maiores, principais, mais graves, mais criticos, mais criticas, mais relevantes, mais comuns, mais frequentes
    """,
    "a": """
        diferenca entre, diferencas entre, mudou entre, mudancas entre, alterou entre, diferem, difere, contradicao,
        contradicoes, contradizem, contradiz, inconsistencias, inconsistencia, incoerencias, entram em conflito,
        entra em conflito, conflitos entre, entre si, pros e contras, pontos fortes e fracos, vantagens e desvantagens,
        principais pontos, pontos principais, principais conclusoes, mais aparecem, aparecem mais, temas recorrentes,
        em comum, lado a lado, ponta a ponta, do inicio ao fim, resumo do, resumo da, resumo dos, resumo das, tl dr,
        pontos mais importantes, em poucas frases, em poucas palavras, em duas frases, em tres frases, em linhas gerais,
        ideias principais, principais ideias, principais achados, principais mensagens, se compara, se comparam,
        comparado com, comparado a, comparada com, em comparacao com, a favor e contra, argumentos a favor,
        de cabo a rabo, semelhancas, discrepancias, divergencias, contradizem se, se contradizem, bate com, batem com,
        linha a linha, secao por secao, seccao a seccao, clausula por clausula, o que defende, o que argumenta,
        todo o documento, todo o contrato, que assuntos, quais assuntos, que temas, quais temas, que topicos,
        quais topicos, consistentes, coerentes, coerente, consistente, divergem, diverge, itens de acao,
        em desacordo com, alinhado com, evoluiu, evoluiram, evolucao de, evolucao da, evolucao do, ao longo do tempo,
        ao longo dos anos, mudou desde, em conflito, incompativel com, discordam, discorda, se sobrepoem
    """,
    "d": """
        politica, politicas, contrato, contratos, acordo, acordos, regra, regras, norma, normas, procedimento, processo,
        manual, manuais, guia, modelo, plano, termo, termos, regulamento, regimento, clausula, clausulas,
        tabela de precos, apolice
    """,
    "D": """
        documentacao, documento, documentos, ata, atas, relatorio, relatorios, edital, proposta, estrategia, rascunho,
        texto, artigo, paragrafo, transcricao, memorando, apresentacao, slides, especificacao, pesquisa, entrevistas,
        capitulo, secao, pdf, comunicado, estudo, estudos, notas, pareceres, parecer, reunioes, retrospectivas,
        post mortem, post mortems, conversa, thread, threads, comentarios, livro, requisitos, propostas
    """,
    "n": """
        agora, agora mesmo, neste momento, nesse momento, no momento, de momento, atualmente, presentemente, hoje,
        hoje em dia, amanha, ontem, esta semana, essa semana, nesta semana, desta semana, este fim de semana,
        esse fim de semana, este mes, esse mes, hoje cedo, esta noite, desta noite, esta manha, esta tarde, ate aqui,
        ate agora, esses dias, estes dias, por enquanto, ultimas noticias, novidades, neste instante, nesta altura,
        neste preciso momento, hoje de manha, nos ultimos dias, na ultima hora, neste mes, nesta manha, nesta tarde,
        neste segundo, ultimamente, logo a noite, agorinha, hj
    """,
    "j": """
        atual, atuais, actual, mais recente, mais recentes, mais nova, mais novo, ultima versao, vigente, atualizado,
        atualizada, atualizados, atualizadas, ultima noticia, ultimas atualizacoes, mais atual, ultimo release,
        ultima release
    """,
    "s": """
        fora do ar, no ar, de pe, online, offline, com problema, com problemas, instavel, indisponivel, respondendo,
        a responder, pronto, pronta, prontos, resolvido, resolvida, corrigido, corrigida, concluido, concluida,
        de volta, em curso, em baixo, quebrado, quebrada, parado, parada, travado, travada, ocupado, ocupada, queda,
        alguma queda, lentos, atrasadas, em manutencao, de greve, lotado, lotada, ligado, desligado, acessivel, verde
    """,
    "z": """
        esta, ta, estao, tao, caiu, terminou, acabou, saiu, sairam, voltou, quebrou, falhou, falharam, correu, concluiu,
        subiu, travou, parou, rodando, funcionando, atrasado, atrasados, atrasada, lento, lenta, ta rodando, chegou,
        abriu, fechou, esta com, ta com, estao com
    """,
    "v": """
        previsao do tempo, que horas sao, que dia e, quem esta de plantao, quem ta de plantao, quem esta de servico,
        cotacao, cambio do, como esta o, como esta a, como estao os, como estao as, como ta o, como ta a, como anda,
        quanto ta, quanto esta, o que esta acontecendo, o que ta acontecendo, o que esta a acontecer,
        o que se passa com, instabilidade, estado da build, estado do, quem anda, quem esta, quem ta, sai o proximo,
        sai a proxima, parte o proximo, passa o proximo, quando e o proximo, quando e a proxima, incidentes abertos,
        chamados abertos, tickets abertos, alguma novidade, alguma atualizacao, algum problema com, alguma falha,
        como vai o, como vai a, como vao os, como vao as, como vao, como corre o, como corre a, o que ha de novo,
        o que tem de novo, o que houve com, que se passa, transito, clima em, clima no, vai chover, esta chovendo,
        esta a chover, bitcoin, quem falta, quem cobre, tempo de espera, em stock, em estoque, quando chega o proximo,
        restam, resta, sobrou, sobraram, como esta o tempo, como ta o tempo, ha atrasos, algum atraso, atrasos na,
        atrasos no, quando volta o, quando volta a, quando fica pronto, quando fica pronta, quando termina a manutencao,
        quando acaba a manutencao
    """,
    "q": """
        definicao de, significado de, significado, significa, quer dizer, capital da, capital do, capital de, sinonimo,
        sinonimos, antonimo, oposto de, plural de, feminino de, se escreve, numa palavra, raiz quadrada, populacao de,
        populacao do, populacao da, tem um dia, tem uma hora, tem um ano, tem uma semana, qual a altura,
        qual a distancia, milhas, pes, polegadas, libras, quilometros, metros, para ingles, para portugues, pra ingles,
        pra portugues, em ingles, em portugues, em espanhol, para espanhol, quem e voce, quem es tu, voce e,
        voce sabe fazer, vc sabe fazer, sabe fazer, outra palavra para, como se diz, traducao de, sigla,
        forma completa de, por cento de, dividido por, algarismos romanos, simbolo de, emoji de, qual seu nome,
        qual o seu nome, qual e o seu nome, como te chamas, es um robo, es humano, tem um quilo, tem um metro,
        tem um mes, tem um litro, tem uma milha, gramas, litros, fuso horario, em celsius, quem te criou, quem e vc,
        vc e
    """,
    "p": """
        como vai, como vai voce, e ai, ate amanha, ate logo, ate mais, ajudou, como estas, como voce esta, de nada,
        por nada, brigado, brigada, agradecido, agradecida, vcs sao demais, voce e demais, boa semana, abraco, abracos,
        falou, oi gente, obrigadao, brigadao, testando
    """,
    "P": "nao, percebi, legal, show, certo, ta bom, boa, tranquilo",
    "f": """
        para, pra, pro, pros, pras, a fim de, mostrando, listando, retornando, contando, calculando, juntando, apagando,
        somando, verificando
    """,
    "g": "em, com, no, na, usando, via, num, numa",
    "b": """
        de, do, da, dos, das, sobre, por, pelo, pela, ao, aos, nos, nas, entre, sob, durante, sem, contra, apos, antes,
        desde, ate, se, caso, a partir de
    """,
    "o": "o, a, os, as, nosso, nossa, nossos, nossas, meu, minha, meus, minhas, seu, sua",
    "-": """
        e agora, a partir de agora, no momento da, no momento do, no momento de, esta incluido, esta incluida,
        esta previsto, esta prevista, esta coberto, esta sujeito, para esta, com esta, de acordo com, um, uma
    """,
}
