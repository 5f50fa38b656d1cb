"""Words that carry a sentence's grammar and not its subject, for a few languages."""

_LISTS = {
    "en": """
        a about above after again against all also am an and any are as at be because been
        before being below between both but by can could did do does doing down during each
        either else ever few for from further give gives had has have having he her here hers
        herself him himself his how i if in into is it its itself just let like many may me
        might more most much must my myself no nor not now of off on once only or other others
        our ours out over own please same she should show shows so some such tell than that the
        their theirs them themselves then there these they this those through to too under until
        up upon us very was we were what whatever when where whether which while who whom whose
        why will with within without would you your yours yourself s t d ll m re ve don doesn
        didn isn aren wasn weren say says said one there's anything something someone anyone
        called call calls long far large big tall deep old often name named kind type""",
    "de": """
        aber alle allem allen aller alles als also am an auch auf aus bei beim bin bis bist da
        damit dann das dass daß dein deine dem den der des dessen die dies diese diesem diesen
        dieser dieses doch dort du durch ein eine einem einen einer eines er es etwas euch für
        gegen hat hatte hatten habe haben hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren
        ihrer ihres im in ins ist ja jede jedem jeden jeder jedes jene kann kein keine keinem
        keinen keiner können könnte man mehr mein meine mich mir mit muss müssen nach nicht
        nichts noch nun nur ob oder ohne sehr sein seine seinem seinen seiner seines selbst sich
        sie sind so solche soll sollte sondern über um und uns unser unter viel viele vieles vom
        von vor wann war waren warum was weil welche welchem welchen welcher welches wenn wer
        werde werden wessen wem wen wie wieder will wir wird wirst wo woher wohin worden wurde
        wurden zu zum zur zwischen""",
    "fr": """
        à au aux avec ce ces cet cette ceux chez comme comment combien d dans de des du elle
        elles en entre est et était étaient été être eu eux fait il ils j je l la là le les leur
        leurs lui m ma mais me même mes moi mon n ne nos notre nous on ont ou où par pas plus
        pour pourquoi qu quand que quel quelle quelles quels qui quoi s sa sans se ses si son
        sont sous sur t ta te tes toi ton tous tout toute toutes tu un une vers vos votre vous y
        a ont avait c""",
    "es": """
        a al algo algunas algunos ante antes como cómo con contra cual cuál cuáles cuando cuándo
        cuánto cuánta cuántos cuántas de del desde donde dónde durante e el él ella ellas ellos
        en entre era eran es esa esas ese eso esos esta está están estaba estas este esto estos
        fue fueron ha han hasta hay la las le les lo los me mi mis muy más ni no nos nosotros o
        os otra otro para pero por porque qué que quien quién quiénes se sea según ser si sido
        sin sobre son su sus también te tiene tienen todo todos tu tus un una uno unos y ya yo""",
    "it": """
        a ad agli ai al alla alle allo anche che chi ci come con cosa cui da dagli dai dal dalla
        dalle dallo degli dei del della delle dello di dove e è ed era erano essere fra fu gli
        ha hanno i il in io la le lei li lo loro lui ma mi mio ne negli nei nel nella nelle
        nello noi non o per perché più quale quali quando quanti quanto quella quelle quelli
        quello questa queste questi questo se sei si sia sono stata stato su sua sue sugli sui
        sul sulla sulle sullo suo suoi te ti tra tu un una uno voi""",
    "nl": """
        aan al alles als andere bij daar dan dat de der deze die dit doch doen door dus een en
        er ge geen had heb hebben heeft hem het hier hij hoe hoeveel hun iets ik in is ja je kan
        kon kunnen maar me meer men met mij mijn moet na naar niet niets nog nu of om omdat ons
        ook op over te tegen toch toen tot u uit van veel voor waar waarom wanneer want waren
        was wat we welke werd wezen wie wij wil worden zal ze zelf zich zij zijn zo zonder zou""",
    "pt": """
        a ao aos as até com como da das de dela dele do dos e é ela ele eles em entre era eram
        essa esse esta está estão este eu foi foram há isso isto já lhe lo mais mas me mesmo meu
        minha muito na nas nem no nos nós não o onde os ou para pela pelas pelo pelos por porque
        qual quais quando quanto quantos que quem se sem ser seu seus sob sobre sua suas são só
        também te tem têm teu tu um uma você""",
}
STOPWORDS = {language: frozenset(words.split()) for language, words in _LISTS.items()}
