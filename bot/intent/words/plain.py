"""Words that carry no object: grammar, manners, adverbs, and verbs of telling and of happening.

They say nothing of money and nothing against it. Verbs stand as dictionaries have them, and are known in their forms.
"""

from __future__ import annotations

ENGLISH_PLAIN = """
a about above absolutely abt accordingly account accrued accurate actual actually additional advise advised advises
afraid after afternoon afterwards again against ago ah ahead alarming alas alike all allocated allotted almost alone
along already alright also although altogether always am amazing among an and angry another any anybody anyhoo
anyhow anyone anything anytime anyway anyways anywhere apart apparently applicable approx approximate approximately
are aren arent arguably around as aside assigned assuming at atm attention average aw away awesome awful awfully
awkward aye babe back backwards bad badly ballpark bare barely basically basis bcoz be beautiful because been before
began begin beginning begun behalf behind being below besides best better between beyond big bit blimey bloody
boring both bottom breakdown brief briefly bro broad broadly brought brutal brutally btw buddy bunch busy but by bye
came can cannot cant careful carefully case certain certainly chance chart cheeky cheerful cheers chief clean clear
clearly close closely clue colleagues collectively combined come comes coming common complete completely concrete
confirmation confused conscience consolidated constantly cool correct correctly cos could couldn couldnt couple coz
crazy cumulated cumulative cumulatively curiosity curious curiousity current currently cuz d damn dang darn
dashboard date dead deal dear decent dedicated deep definitely designated detail detailed details did didn didnt
different directly distinct do does doesn doesnt doing done dont doubt down downright dozen dude due dull dumb dunno
during each eager ear earlier early easiest easily easy effective effectively eh eight either else end endless
enough entire entirely equal erm esp especially essentially estimate etc even evening eventually ever every everyone
exact exactly example except exceptional excessive excited excl excluding excuse expected extent extra extremely
fabulous fact fair fairly fairness fancy fantastic far fast faster fastest fault favor favour feel feeling feels
fell fella felt few fewer figure figures final finally find fine first five folks fool for forgive form former
forward forwards found four frankly fresh friend friendly friends from full fully fun funny further furthermore fwiw
fyi gave gee geez general generally gentlemen genuine genuinely get gets getting gimme give given gives giving glad
glimpse go goes going gone gonna good goodness goofy gosh got gotta gotten gr8 gradually grand graph grateful great
grew gross grow growing grown gud guilty guys had hadn haha hahaha half hand handy happily happy hard hardly has
hasn hasnt have haven havent having hbu he heads hear heard heavily heavy held hell hello help helpful hence here
hereby heres hey hi high higher hint hints hiya hm hmm hmmm honest honestly hopeful hopefully horrible how however
hrs huge hugely hundred id idea idk if iirc ill im imho immediate immediately imo in incl including incredibly
incurred indeed individual individually info inform information initially innit insane insanely insight insights
instantly instead interest interested interesting into is ish isn isnt issue itemised itemized itself ive jk jointly
joke just keen keep keeping keeps kept kind kinda kindly knew know knowing known knows ladies lads large last lastly
late lately later latest lazy lead least lemme less let lets level lightly like likely likewise list listed
literally little ll lmao lol long longer looking lost lot lots loud love lovely low lower luck lucky m maam mad
madam made main mainly major make makes making man many massive massively mate material mates matter max maybe me
mean meaning means meant meanwhile merely mess midday might mind minimum minor minus mm modest moment momentarily
more moreover morning morningg most mostly much must my myself nagging nah name namely nasty near nearly neat
necessarily neither nervous net never nevertheless new newbie news next nice nicely nicer night nine no nobody non
none noob noon nope nor normal normally nosey nosy not note nothing now nowadays nowhere np number numbers obliged
obvious obviously occasionally odd of ofc off officially often oh ok okay old omfg omg on once one ones only onto
oops openly or ordinary other others otherwise ought our out outright over overall overly overuse overused overusing
overview own pace painful pal pardon part particular particularly parts past peak peaks peculiar peek per perhaps
period periodically personal personally picture piece pinch place plain plainly plase pleas please pleasure plus plz
point pop position possible possibly potentially ppl pray precise precisely preferably present presently pressing
pretty previous previously print prior prob probably probs proper properly proportion provided purely put puts
putting quantity quick quicker quickest quickie quickly quiet quietly quite r ran random randomly range rank ranking
rapid rapidly rare rarely rate rather ratio raw re read reading ready real realised realized really reason
reasonable reasonably reasons recap recent recently recharged reference refill refilled refills refresh reg
regarding regards regular regularly related relative relatively relevant reload reloaded renew renewed renews
replenish replenished reset resets respect respective respectively rest result results ridiculous ridiculously right
rise risen rn rofl rollover rough roughly round run rundown runs runway rush s sad sadly safe said sake same sanity
sat saw say saying says scary score second secondly see seeing seen sees sense sensible separate separately serious
seriously seven several shall share shares sharp shocking short shortly should shouldn shouldnt shrank shrink shud
side sides significant significantly silly similar similarly simple simply since single sir sis sitting situation
six size skinny slice slices slight slightly slowly small smaller smth snapshot so solely solid some somebody
somehow someone something sometime sometimes somewhat somewhere soon sooner sorry sort sorta special specific
specifically specified speed spike spikes spoke spree stage stand standing stands start statement statistics stats
steadily steep steeply still story straight strange strict strictly stuck stuff stupid subject substantial
substantially such sudden suddenly sum summary sup super superb sure surely surprised surprising sweet swiftly t
table take taken takes taking tally tbh team tell telling ten terrible terribly terrifying than thankful thanks that
thats the then there thereabouts therefore thereof theres these thier thing things think thinking thinks third this
thnx tho thorough those though thought three through throughout thru thus tight til till time times tiny tired tldr
tnx to together told ton tons too took top topic topped total totally touch tough toward towards trend trends trick
tricky tried true truly truth try trying twice two tx ty type typical typically u ugh uglier ugly uh uhm um umm
understand understood unfortunately unhappy unless unlike until unusual unusually up upon upset urgent urgently us
useful usual usually vague value values various vast ve version versus very via view vs w wait wanna was wasn wasnt
way ways wch we weird welcome well went wer were weren werent what whatever when whenever where whereas wheres
wherever whether which while who whoa whoever whole whom whoops whose why wild will wise with within without won
wonderful wont word words world worried worrying worse worst worth would wouldn wouldnt wow wrong wtf y ya yaaay
yall yay yea yeah yep yes yet yikes yo you your youre yours yourself yup yw zero
"""

ENGLISH_VERBS = """
accumulate add admit aggregate agree amount appear apply appreciate arrive assign assume attribute avoid balloon
become behave believe belong blame bleed bother bug burden calculate care carry check clarify climb collect compare
compile complain compute concern confess confirm consider contain continue contribute correspond count cover creep
crunch decide deduct deliver describe detail determine dig disappear display divide double doubt drain drop dump
dwindle end enquire ensure estimate evaporate expect explode express face fear fetch figure fill finish flag flip
follow freak gather generate glance grab guess happen hate help hope hurry identify imagine include incur indicate
inform inquire inspect intend itch itemise itemize jump keep lack last leak learn like list listen look love matter
measure mention mind miss monitor move nag name need notice notify obtain occur offer open pace panic peek pile
pinpoint place plan point pop post prefer prepare present pretend proceed produce promise prove provide pull push
query quote rack rank realise realize recall receive reckon record refer reflect regard register relate rely remain
remember remind repeat report represent request require respond resume retrieve return reveal review rise roll round
satisfy save scare seem separate share shock show shrink skyrocket slip slow soar sort sound spike spill split
squeeze stack start state stay step stick stop struggle suggest suit summarise summarize suppose surface surge
surprise suspect sweat talk tally tend thank throttle tick tot total touch track trend triple trouble trust try turn
update use vary verify view wait want warn waste watch whisper wish wonder work worry yell
"""

PORTUGUESE_PLAIN = """
a abaixo abertamente aberto abracos abre abs absolutamente abusar acaso acho acumulada acumulado acumulados
adicional aff affs afinal afora agnt agora agrupada agrupado agrupados aguenta ah ahn ai ainda alem algo alguem
algum alguma algumas alguns ali alias alo alocada alocado alta alto amiga amigao amigo amigos anda andam andando
andou animado ante anterior anteriores antes antigo ao aonde aos apenas apertada apertado apesar aplica aplicam
aplicaveis aplicavel apos aproximadamente aproximado aquela aquelas aquele aqueles aqui aquilo as assim assustador
ate atencao atenciosamente atras atraves atribuido att atuais atual atualmente avisa avisar avise aviso bah baita
baixo baratinho barato basicamente bastante bater bateu beijo bem besta besteira bicho bizarro bjs blz boa boanoite
boas boatarde boba bobagem bobo bom bomdia bonita bonito bons bora brigada brigado bruta bruto c cabe caber cabivel
cada cade cansado caraca caramba carinho ce cedo cem centavinhos cerca certa certeza certinho certo chance chato
checa chegado cheque chocante cinco clara claro cmg coisa coisas coisinha coitado com comigo como comparacao
comparando comparativo completa completo complicada complicado conferida confira confirmacao conforme confuso
consciencia consigo consolidado consulta consultar continua contra contudo cordialmente corrente correta correto
credo cru ctg cuidado cumulativo curiosa curiosidade curioso da dado dados dai dali daquela daquele daqui das data
de debaixo definitivamente dela dele demais demonstrativo dentro depois depressa desculpa desculpe desde designado
despendida despendido desperdicando desperdicio dessa dessas desse desses desta destas deste destes destinada
destinado detalhamento detalhe detalhes deu deus devagar devidamente dez dia diante diferenca diferente diferentes
dificil diga direta direto disso disto dito diversos diz dizem dizendo dizer do doida doido dois dos dpois dps duas
dura durante durar duvida duvidas e eai efetiva efetivamente efetivo eh ein eita ela elas ele eles em embora
encarecidamente enfim enorme enquanto entanto entao entre era eram es escuta escutando espiada espiadinha esqueci
essa essas esse esses essi esta estado estamos estao estar estas estava estavam este estes esteve estimativa estive
estou estranho estressado etc eu evolucao exageramos exagerando exagerei exagero exagerou exata exatamente exato
exemplo extra extrato facil facinho fale fatia fato favor favorr favorzim favorzinho faz fazem fazendo fazer feia
feio feios feiosa feita feitas feito feitos fez fi fica ficam ficando ficar ficaram fico ficou fim final finalmente
fiz fluxo foi fomos for fora foram forma forte fosse frequencia fui fundo galera gente gentileza geral geralmente
geralzao gigante gostoso grande grandes grata grato grosso ha haha hahaha haja haver havia hein historico hj hmm
hoje horrivel horroroso houve hum humm ia ideia igual imagina imediatamente imediato inclusive incorrida incorridas
incorrido incorridos incrivel independente indo infinita infinitas info informacao informacoes inicial inicio
instante inteira inteirinho inteiro interessante ir isso issu isto ixi ja jeito junto juntos justamente justo kk kkk
kkkk kkkkk la lado lascado legal lentamente levantamento lhe linda lindo liquida liquido lista logo lol longe longo
louca louco loucura lugar maior maiores mais mal maluco maneira mano mantem mantemos mantendo manter mantido mao
maos margem mas mds me media medias medio medios medo meio menor menos mera mermao mero mes mesma mesmo mesmos mil
mina minha minimo misericordia moca moco moleza momento monstro montante monte msm msmo mt mta mto mts muita muitas
muito muitos na nada nao naquela naquele nas natural navegador ne necessario negocio nela nele nem nenhum nenhuma
ninguem nisso nisto nivel no nome normalmente nos nossa nosso nota noticia nova nove novidade novo num numa numero
numeros nunca o obg obgd obrigada obrigado obs obsequio observacao ocupado oi oie oiee oii oioi oito ola olhada
olhadinha onde ontem opa ops oque ora ordem os ou outra outras outro outros p pai palavra papo par para parca
parcela parte partes passado paz pe peco pedaco pela pelas pelo pelos pena pequena pequeno per pera perai
percentuais percentual perdao perdida perdido pergunto periodo perto pesada pesado pessoal pessoalmente pf pfv pfvr
pico picos pior pl plis plmdds pls po pode podem podemos poder pois ponta ponto por porcentagem porcento porem
porfavor porque porra posicao possivel possivelmente posto pouca pouco poucos poxa pq pqp pra pras praticamente
prazer precisa precisamente preciso preguica preocupada preocupado presente previo prezada prezado prezados primeira
primeiro principais principal principalmente pro problemao proporcao propria proprio pros provavel provavelmente
proxima proximo pura puramente puro putz q qd qdo qnd quais qual qualquer quando quanta quantia quanto quase quatro
que quebra quem quer querendo queria querida querido quero questao quieto quis quiser quiserem racional radar
ranking rapida rapidamente rapidao rapidinha rapidinho rapido ratear rateio real realizada realizado realmente
recarrega recarregada recarregado recente recentemente referente reinicia reinicio relacao relativo relatorio renova
renovada renovado renovar renovou reposta reposto reservado reset reseta resetar respeitosamente resposta resto
resultado resumida resumido resumo retrato rigida rigidas rigido rigidos ritmo rolando rolou rs rsrs ruim sabe sabem
sabendo saber sabia saem sai saia saindo sair sairam saiu saldo sao se segredo seguinte segunda segundo seis seja
sejam sem semelhante sempre sendo senhor senhora senhores ser sera seria seriam seriamente serio sete si sido sim
simples simplesmente sinal sinceramente situacao sla slk so sob sobre socorro soma sozinha sozinho sr sra suave
subindo subtotal sugiro sujeita sujeito super superior surpreendente suspeito susto ta tah tamanho tambem tanta
tantas tanto tantos tao tarde tava tb tbm tchau tche teje tem tempao tendo tenha tensa tenso ter terceiro teria
termo termos teve ti tinha tinham tipo tive tivemos tiver toa toda todas todavia todo todos tola tomara ton topo
totais total totalmente traga tranquilo traz trem tres triste tudo turma tva uai uau ue ufa uhum ui ultima
ultimamente ultimas ultimo ultimos um uma umas unica unico uns urgencia urgente util vai vale valeu valor valores
vamo vamos vao varias varios vcs ve veio veja velocidade vem vendo ver verdade vergonha versus vez vezes via viche
vida vieram vigente vigentes vigor vindo vinte vir vira visao vish visto viu viva vixe vlw volta vontade vou x xi
zera zerar zero zerou
"""

PORTUGUESE_VERBS = """
achar acompanhar acontecer acreditar acumular adiantar adicionar agradecer ajudar analisar aparecer apertar apontar
apresentar apurar arredondar assustar atribuir atualizar avaliar avisar bisbilhotar brincar calcular chegar chutar
clarear cobrir colocar combinar comecar comentar comparar compartilhar complementar compor comprovar computar
concluir conferir confirmar conhecer conseguir considerar consolidar constar contabilizar contar continuar convem
correr corresponder crescer custear demorar descobrir desconfiar desculpar desejar despender detalhar diminuir
discriminar disparar disponibilizar dividir duvidar economizar elencar emitir encerrar encontrar entender entrar
enxergar escrever esperar estimar estranhar evoluir exibir extrair falar fechar fornecer gerar girar gostar ignorar
imaginar incluir incomodar indicar informar iniciar insistir interessar ir jogar juntar justificar lembrar levantar
levar listar localizar mandar marcar medir mencionar mexer montar mostrar movimentar nomear notar obter ocorrer
olhar oscilar ouvir parar parecer participar passar pegar pensar perceber permanecer pesar pesquisar possuir
precisar preferir preocupar preparar prestar prever processar procurar prometer pular puxar questionar realizar
receber reclamar reconhecer reforcar registrar relacionar relatar repassar repetir representar requerer reservar
resolver resumir retornar revelar rodar seguir segurar sentir separar servir significar simplificar sobrepor
solicitar somar suar subdividir sumir superar surgir suspeitar tabular tentar tirar tocar tomar tornar totalizar
trabalhar tratar trocar usufruir valer variar vazar verificar virar voar xeretar zoar
"""

_VOWELS = frozenset("aeiou")
_PORTUGUESE_ENDINGS = {
    "ar": "o a as am amos ei ou aram ava avam ando ado ada ados adas e em ar aria arei armos",
    "er": "o e em emos i eu eram ia iam endo ido ida idos idas a am er eria erei ermos",
    "ir": "o e em imos i iu iram ia iam indo ido ida idos idas a am ir iria irei irmos",
}


def english_forms(verb: str) -> list[str]:
    """`stop`, `stops`, `stopped`, `stopping`; a few that nobody writes are among them."""
    if verb.endswith("e"):
        return [verb, f"{verb}s", f"{verb}d", f"{verb[:-1]}ing"]
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return [verb, f"{verb[:-1]}ies", f"{verb[:-1]}ied", f"{verb}ing"]
    forms = [verb, f"{verb}s", f"{verb}es", f"{verb}ed", f"{verb}ing"]
    if verb[-2] in _VOWELS and verb[-1] not in _VOWELS:
        forms += [f"{verb}{verb[-1]}ed", f"{verb}{verb[-1]}ing"]
    return forms


def portuguese_forms(verb: str) -> list[str]:
    """Those of regular verbs, without accents: `fala`, `falei`, `falando`."""
    stem, ending = verb[:-2], verb[-2:]
    if ending not in _PORTUGUESE_ENDINGS:
        return [verb]
    forms = [stem + one for one in _PORTUGUESE_ENDINGS[ending].split()]
    if ending == "ar" and stem[-1] in "cg":  # `fica`, `fique`
        hard = stem[:-1] + ("qu" if stem[-1] == "c" else "gu")
        forms += [hard + one for one in ("e", "ei", "em")]
    return forms
