"""Words for what the bot keeps no books of: the things, people and products that a team's documents are about."""

from __future__ import annotations

NAMES = """
accenture acme adobe ads adyen airbnb airtable algolia amazon amex amplitude apollo apolo apple asana atlassian
auth0 aws azure bamboohr berlin bigquery bitbucket booking bradesco brasil brex calendly canada canva cdn circleci
clickup cloudflare cms confluence copilot crm cursor databricks datadog deel dell deloitte digitalocean discord dns
docker docusign dropbox ec2 elasticsearch erp expensify facebook falcao falcon figma firebase france freshdesk gcp
gdrive germany github gitlab gmail grafana grammarly gupy gusto gympass heroku hubspot ibm ifood illustrator
instagram intercom itau jenkins jira k8s kpmg kubernetes lastpass latam lattice lenovo linkedin lisboa lisbon london
looker loom lyft madrid magento mailchimp mastercard mckinsey mercadopago metabase microsoft miro mixpanel netflix
netlify netsuite newrelic nordvpn notion nubank okta onedrive oracle outlook pagerduty pagseguro paris paypal
phoenix photoshop pinecone pix portugal powerbi pwc quickbooks rds recife redshift s3 salesforce samsung santander
sap sendgrid sentry sharepoint shopify skype slack sms smtp snowflake spain splunk spotify ssl stripe supabase
surveymonkey tableau telegram terraform tiktok totvs trello twilio twitter typeform uber ubereats vercel visa vpn
vtex webex wellhub whatsapp woocommerce workday xero youtube zendesk zoom
"""

ENGLISH_OTHER = """
acquisition ad ads advance advances advert advertising airdrop airfare airport amendment analyst analytics annex
apartment applicant apprentice april architecture arr asset assets attachment attachments attendee attendees
attorney auction audit auditor august availability backend backlog backup badge bandwidth bank banking bankruptcy
banner barcode batch bathroom battery beer belt benchmark benefit benefits bereavement bicycle bid bike bitcoin blog
board bond bonds bonus bonuses book booking books booth boss bottle bought brand branding breakfast bridge brochure
broker browser bucket bug bugs build building bus business buy buying buys cab cabinet cable cache cafeteria cake
calendar camera campaign campus candidate candidates canteen capacity capex capital car card care career carrier
cart cashback catalogue caterer catering ceiling certificate certification chair character characters charity
checkin checkout child childcare chip christmas church churn city claim claims class classifier clause cleaning
clerk click client clients clinic clothes cloud cluster coach code coffee coin coins collection college commission
committee commute commuting competitor competitors compliance component computer conference construction consultancy
consultant consultants consulting consumer contest contract contractor contractors contracts conversion copay copies
counsel country coupon courier course courses court cowork coworking cpu crew crm cron crop crypto css csv customer
customers customs damages data database dataset daycare deadline dealer deals debt december default deliveries
delivery dental dentist department departments deploy deployment deposit deposits depreciation desk desks developer
developers development device devices diesel diet dinner dinners disability discount discounts dishwasher disk
dividend docker doctor document documents domain donation donations door downtime drink drinks driver drug duties
duty earnings ebitda ecommerce education egress election electricity elevator elevators emission employee employees
employer employment endpoint energy engine engineer engineering engineers enterprise equipment equity erp escalation
escrow estate event events exam exchange executive exhibition export external fabric facilities factory family fare
fares farm feature features february fee fees fertility festival field file files film fines fire firm fiscal
fitness fleet flight flights floor flower flowers food fork freelancer freelancers freight fridge fuel fuelcard fund
funding fundraise fundraiser fundraising furniture fy gadget game garage garden gardening gas gateway gdp gift gifts
glass glasses goal goods government gpu gpus graduate grant grants grid growth guest guests guideline guidelines gym
h1 h2 hackathon hardware headcount headquarters headset health healthcare heating helpdesk her hers highway him hire
hired hires hiring his holiday holidays home hospital hosting hotel hotels house household housing hr html hvac
hygiene icecream indemnification indemnity index industry inflation infra infrastructure ingredient ink inspection
instance instances institution insulation insurance insurer integration intern internet interns interview interviews
inventory investment investments investor investors invoice invoices ip ipad iphone jacket janitor january jenkins
job jobs journal json judge july june jwt kafka keyboard keyboards kitchen kpi kubernetes lab labor labour lambda
land landlord laptop laptops launch law lawsuit lawyer lawyers lease leasing leave lecture legal liabilities
liability library licence licences license licenses licensing lift loan loanbook loans location logistics logo loss
losses luggage lunch lunches macbook machine machinery mailbox maintenance manual manufacturing march margin margins
market marketing massage masseuse materials maternity mattress meal meals medical medication medicine meeting
meetings membership memory mentor menu merchandise merger metric microphone microservice migration mileage milestone
mobile mongodb mortgage mouse move mrr mug mugs multiple museum music mysql namespace network newsletter nginx nodes
notebook notebooks notification notifications november nurse oauth occupancy october office offices offsite oil
onboarding operations opex order orders organiser outsourcing overdraft overhead overtime owner package packages
packaging pages paint painting pantry paper parcel parental parking parkings partner partners partnership party
password passwords patent paternity patient patients pay payment payments payroll payslip penalties penalty pens
pension perk perks permit personnel petrol pets petty pharmacy phase phone phones photo photos pilot pipeline pizza
plan plane plans plant plumber plumbing pod podcast pods points portal portfolio post postage poster postgres posts
poverty premium premiums prescription presentation pricing printer printers printing prize probation procedure
procurement product production productivity products profit profitability profits program programme projector
promotion property proposal prospect protocol prototype provisioning publication purchase purchases purchasing q1 q2
q3 q4 qa quality queue quotation rail ram realtor rebrand rebranding receipt receipts receivables recipe recruiter
recruiting recruitment redesign redis redundancy referral refund refunds refurbishment region registration
reimbursement reimbursements relocation remunerated renovation rent rental renting repair repairs replacement
repository research reseller resellers reservation resident resource resources restaurant restructuring retail
retention retirement retrofit revenue revenues review reviews reward rewards risk road roadmap roaming roi rollout
roof router saas salaries salary sale sales salesperson sample sauna savings schema school science scope sdk seat
seats secretary security seed sell seller selling sells seminar seniority september server servers service services
settlement severance shareholder shareholders she shift shifts ship shipment shipments shipping shoes shop shopping
signage signboard signup site sites sku sla snack snacks sneakers snowfall social sofa software solar sold sow space
speaker speakers sponsor sponsorship sponsorships spreadsheet sprint sql staff staffing staging stamp startup
station stationery sticker stickers stipend stock stocks storage store stores strategy stream streaming student
students studio subcontractor subscriber subscribers subscription subscriptions subsidiary subsidy summit supplier
suppliers supplies supply support surcharge survey surveys swag swimming system systems tablet tablets talent target
targets tariff tax taxes taxi taxis teacher technician technology telecom telephone television template templates
tenant tenants tender tent term termination terms terraform territory test testing tests their theirs them they
ticket tickets tier tiers tip tips tire tires title toilet toll tolls tool tooling tools tour tourism toy toys trade
trademark trader trading traffic train trainee training transfer transport transportation travel travelling travels
treasury treatment trial trip trips truck trucks tshirts tuition turnover tutor tyre tyres uber umbrella uniform
union university upgrade upgrades upload uploads utilities utility vacancy vacation vacations vaccine valet van vans
vat vehicle vehicles venue vet video videos visa visas visit visitor visitors voucher vouchers wage wages wallet
warehouse warranty water webhook webhooks webinar website wedding wellness whiteboard widget widgets wifi withdrawal
withdrawals worker workers workshop workshops yacht yoga zone
"""

PORTUGUESE_OTHER = """
abono academia acao acionista acionistas acordo adiantamento advogado advogados aeroporto agencia agua airdrop
alarme alimentacao almoco almocos alternativa alugueis aluguel alvara amortizacao analista anexo anexos anuncio
anuncios aplicacao aplicacoes aplicativo aposentadoria app aprendiz aquisicao armazem armazenamento arquiteto
arquivo arquivos arr arrecadacao assento assessoria assinante assinantes assinatura assinaturas atacado atendente
atendentes atendimento atestado atraso auditor auditoria auxilio aviao bagagem balanco banco bancos banheiro bateria
bebida bebidas beneficio beneficios biblioteca bicicleta bilhete boleto boletos bonificacao bonus brinde brindes
buffet bug bugs build cabo cadastro cadeira cadeiras cafe cafeteira caixa caixinha calendario camera caminhao camisa
camiseta camisetas campanha campanhas campus capacitacao capex capital cardapio carga cargo carro carros carta
cartao cartoes cartorio cartucho casa casamento categoria cdb celular celulares centro certificacao certificado
chunk churn chuva cidade cirurgia classificador clausula cliente clientes clinica clique cluster codigo colaborador
colaboradores coleta combustivel comercial comissao comissoes comite compra compramos comprar compras comprei compro
comprou computador computadores concorrencia concorrente concorrentes concurso condominio conferencia congresso
construcao consultor consultores consultoria consumidor contabil contador contexto contratacao contratacoes contrato
contratos convenio convidado copa corretora coworking cpu cracha crachas creche crm cron cronograma curriculo curso
cursos danos datacenter dataset deducao delas deles departamento departamentos deploy deposito depreciacao desconto
descontos desempenho desenvolvedor desenvolvimento desligamento despacho dev devolucao devolucoes devs diaria
diarias diesel dieta disciplina disco disputa distribuidor divida dividendo doacao doacoes documento dominio
download ebitda edital educacao egress eletricidade elevador emissao empreendimento empregado empregador emprego
emprestimo encargo encargos encomenda endpoint energia engenharia engenheiro engenheiros entrega entregas entrevista
entrevistas equipamento equipamentos erp escola escopo escritorio escritorios estacionamento estagiario estagiarios
estagio estoque estrutura estudante evento eventos exame expediente exportacao fabrica faculdade faltas familia
farmacia faturamento fazenda feira feriado feriados ferias ferramenta ferramentas festa festas fila filial
financiamento fiscal fisco flores folha formacao formulario fornecedor fornecedores foto fotos freelancer
freelancers frete fretes frota fruta funcionalidade funcionario funcionarios fundos gasolina gateway gerador
gerencia gerentes gestante gestao gpu gpus grafica gratificacao greve hackathon homologacao honorarios horas
hospedagem hospedagens hospital hoteis hotel icms idioma idiomas imovel imposto impostos impressao impressora
impressoras incidente indenizacao indice industria inflacao infra infraestrutura ingles ingresso ingressos inovacao
inscricao inss instalacao instancia integracao interior internet inventario investidor investidores investimento
investimentos iptu ipva irpf iss janela janta jantar jantares joia juridico juros kpi lampada lancamento lance
lances lanche lanches laptop lead leads leasing legislacao lei lente licenca licencas licitacao limpeza livro livros
locacao logistica logomarca loja lojas lote lucro lucros luz manual manutencao maquina maquinas marca marketing
materiais material maternidade medicamento medico memoria mensalidade mensalidades mercado mercadoria mercadorias
mesa mesas meta metas metrica microfone midia migracao mobiliario monitor monitores mouse mouses moveis movel mrr
mudanca multa multas musica namespace natal navio notas notebook notebooks nuvem obra obras offsite oficina
onboarding onibus operacao operacoes opex orcado pacote padaria pagamento pagamentos papel papelaria parceiro
parceiros parceria parcerias participante participantes passagem passagens passaporte patente paternidade patrimonio
patrocinio patrocinios peca pecas pedagio pedagios penalidade pensao pesquisa pintura pizza pj planilha plano planos
planta ponte portal portaria portfolio poupanca prazo prazos preco precos predio premio premios presentes prestador
previdencia producao produto produtos professor programa programador projeto projetos promocao propaganda proposta
provisao publicidade q1 q2 q3 q4 quilometragem reajuste recebimento receita receitas reclamante recrutamento
recursos reembolso reembolsos refeicao refeicoes reforma reformas release remedio remuneracao remunerada renda
representante requisito rescisao reserva residuo restaurante restaurantes reuniao reunioes revenda revendas rh risco
robotica rodada roi roupa sabatico salario salarios saque saques schema seguranca seguro seguros selo seminario
senha senhas servico servicos servidor servidores setor setores sindicato site sites software solar sprint staging
startup subsidio supermercado suporte tarifa tarifas taxa taxas taxi taxis teclado teclados telefone telefones
telefonia tempo tentativas terceirizado terceirizados terceiros termostato terreno tinta trafego transito transporte
transportes treinamento treinamentos treinar tributario tributo tributos trimestre turno turnos uniforme uniformes
universidade upgrade vaga vagas van vans veiculo veiculos venda vendas vende vendedor vendedores vendem vendemos
vendendo vender vendeu vendi viagem viagens video vigilancia visita visitas vistoria vistos voo voos voucher widget
wifi workshop
"""
