"""Words that refuse what stands behind them, and words that look alike and refuse nothing."""

from __future__ import annotations

from segue.understanding.text import spellings

NOT = sorted(
    (tuple(p.split()) for phrase in (
        "keep it away from|keep this away from|keep me away from|well away from|anything bar|everything bar|anyone bar|anybody bar|all bar|nae|cannae thole|cannae stand|cannae abide|cannae be doing with|dinnae want|dinnae like|dinnae play|veto|vetoed|vetoes|vetoing|banned|banning|bans|dont you dare play|dont you dare|dont even think of|dont even think about|better not play|better not be|wont have|will not have|wont stand for|cant stomach|cant tolerate|cant face|cant do with|cant get into|if i hear|if i have to hear|could live without|can live without|can well do without|no patience for|no time for|nothin|nuthin|nuffin|nowt|no|not|without|nothing|never|except|excluding|exclude|minus|avoid|ban|skip|skip the|skip any|skip all|skip anything|skip everything|stop the|screw|screw the|sod the|to hell with|isnt|arent|neither|nor|nobody"
        "|anything but|everything but|anyone but|anybody but|all but|rather we avoided|rather you avoided|rather avoid|we avoided|avoided|avoiding|that aint|which aint|it aint|any of them except|any of them but|any of theirs but|any of his but|any of hers but|any one but|any song but|everything except|anything except|anyone except"
        "|no more|nothing more|never play me|never play|allergic to|cant bear|can not bear|could do without|had enough of|mustnt have|must not have|mustnt be|must not be|shouldnt have|should not have|shouldnt be|should not be|i already know|already know|already have|already heard|know all about|ive heard|besides|aside from|apart from|i hate|i dislike|hate|hates|hated|dislike|dislikes|disliked|loathed|detested|despised|never liked|never cared for|couldnt stand|could not stand|couldnt bear|doesnt like|does not like|doesnt want|dont like|dont want|dont play|dont support|cant support|dont bear|doesnt bear|cant listen|cant listen to|cant with|cant anymore with|cant any more with|dont wish|dont wish to hear|dont wish for|refuse|refuses|refused|bored from|got bored from|sick from|fed up from|enough from|allergic of|allergic with|allergic against|save us from|spare me from|spare us from|god forbid|heaven forbid|wont be by|it wont be|they wont be|that wont be|remove|remove the|remove all|take out the|take off the|take away the|stop to play|stop giving|stop giving me|stop giving us|stop putting|stop bringing|stop playing me|outside of|apart of|except of|it cant be|it cannot be|it can not be|let us leave|let us leave the|lets leave the|you give me only|you only give me|do you play only|you only play|you always play|you keep giving me|i quit|anything away from|something away from|don tire for|don tire of|im tired for|i don tire|no want|no like|no wan hear|no wan|no dey like|do not want|do not like|do not play"
        "|hardly any|hardly a|barely any|scarcely any|next to no|as little|as few|not too much|not too many|not much|not many|dont mean|didnt mean|dont need|dont do|doesnt do|dont listen to|doesnt listen to|never listen to|dont fancy|dont feel like|dont care for|dont really care for|dont actually care for|dont care about|doesnt care for|dont care much for|dont much like|dont really like|dont really do|dont enjoy|doesnt enjoy|dont dig|dont rate|dont love|bored with|grown out of|outgrown|gone off|went off|gone right off|grown tired of|who needs|lifes too short for|life is too short for|no love for|dont give|cant stand|can not stand|cannot stand|sick of|sick to death of|sick and tired of|sick to the back teeth of|bored to death of|bored to death by|bored to death with|bored to tears by|tired of|enough of|enough|fed up with|spare me|bored of"
        "|had it with|had it up to here with|had my fill of|had my share of|heard enough|why is it always|why always|why do you keep playing|you keep playing|too much|too many|whats with all the|dont put on|do not put on|zero|thumbs down for|thumbs down to"
        "|all genres but|every genre but|any genre but|all music but|any music but|every style but|any style but|all styles but|any decade but|every decade but|everything apart from|anything apart from"
        "|ixnay on the|ixnay on|ixnay|go easy on the|go easy on|go light on the|easy on the|hold the|lay off the|dont let them be|dont let it be|do not let them be|fed up by|keep off the|stay off the|keep clear of the|keep clear of|keep off|cut the|cut out the|lose the|ditch the|kill the|enough already with|im over the|im over|im done with|so over|pass on the|steer clear of|stay away from|keep away from|far from|get rid of|not a fan of|i loathe|i detest|i despise|i abhor|loathe|detest|despise|cant abide|cant take|cant handle|cant deal with|weary of|done to death"
        "|doesnt sound like|does not sound like|dont sound like|do not sound like|doesnt feel like|does not feel like"
        "|stop playing|stop with the|stop with|quit with the|quit the|enough with the|enough with|refuse to listen to|refuse to hear|refuse to play|wont listen to|will not listen to|dont want to hear|do not want to hear|never want to hear|dont let me hear|dont understand|less|leave out|no one|void of|free of|lacking|other than|instead of|rather than|none of"
        "|something different from|something different than|different from|anders als|anderes als|autre chose que|autre que|otra cosa que|que no sean?|altro che|diverso da|anders dan|annat an|inne niz|outra coisa que|ohne|kein|keine|keinen|keiner|nicht|nichts|ausser|ich hasse|sans|pas de|pas d|aucune chanson de|aucun morceau de|aucun de|aucune de|aucun|aucune|ninguna de|ninguno de|ninguna|ninguno|ningun|pas|rien de|sauf|je deteste"
        "|sin|nao|nada de|nada|odio|excepto|nessuna|nessuno|nessun|nessuna di|nessuno di|niente di|nenhuma|nenhum|nada do|nada da|keins von|keines von|keinen von|zadn|geen enkele|inga|ingen|inget|menos|senza|niente|tranne|non|sem|exceto|zonder|geen|niet|behalve|utan|bez|без|не|кроме|не хочу|不要|没有"
    ).split("|") for p in spellings(phrase)),
    key=len, reverse=True,
)  # fmt: skip
_VERBS = "put bring send throw show choose pick select include add offer suggest recommend propose serve make".split()
_LACKED = "strength power energy head nerves nerve mood patience ears desire stomach brain ear".split()
DONT = [
    *((*no.split(), verb, *whom.split())
      for no in ("dont", "do not", "never", "dont you", "dont ever", "dont please")
      for verb in _VERBS for whom in ("", "me", "us", "for me", "for us")),
    *((*no.split(), *the.split(), lacked, "for")
      for no in ("dont have", "do not have", "dont got", "have not") for the in ("", "the", "any") for lacked in _LACKED),
]  # fmt: skip
"""What is put together: "don't put me", "I don't have the strength for"."""
REFUSING = sorted((*NOT, *DONT), key=len, reverse=True)
"""All that refuses what stands behind it."""
IDLE = [
    tuple(p.split())
    for p in (
        "mas que nada|mais que nada|nothing but|nothin but|nuthin but|nuffin but|nowt but|no matter|not only|not bad|not sure|no problem|no worries|dont mind|do not mind|wouldnt mind|would not mind|cant wait|why not"
        "|no wait|no thanks|not that i mind|nothing else|no need to|no doubt|not really|no idea|not just|never mind"
        "|dont stop|i dont care|doesnt matter|does not matter|doesnt have to|does not have to|not necessarily|no reason"
        "|aurais pas|auriez pas|as pas|avez pas|peux pas|pouvez pas|pourrais pas|pourriez pas|hast du nicht|hast du kein|hast du keine"
        "|hast du keinen|habt ihr nicht|habt ihr keine|kannst du nicht|konntest du nicht|hattest du nicht|hatten sie nicht|no tienes"
        "|no tendrias|no tiene|non hai|non avresti|nao tem|nao teria|dont you have|dont you know|havent you|why dont you|cant you"
        "|couldnt you|wont you|wouldnt you|heb je niet|heb je geen|har du inte|har du ingen|har du inga|nie masz|у тебя нет"
        "|it wont be a party without|it wont be a night without|wont be a party without|wont be a night without|wont be long|wont be the same without|who doesnt like|who doesnt love|who does not love|who does not like|who wouldnt love|who can resist|cant get enough|cant get enough of|cannot get enough of|can not get enough of"
        "|never get enough of|never get tired of|never tire of|never get bored of|never enough|nothing beats|no one beats|nobody beats"
        "|nobody does it like|no one does it like|couldnt live without|cant live without|can not live without|could not live without|cant go wrong with|can not go wrong with"
        "|cant do without|no party without|not a day without|why dont we|cant resist|cant help|dont forget|dont you just love|dont we all love|no more than one|no more than two|no more than three|no more than four|no more than five|no more than six|no more than seven|no more than eight|no more than nine|no more than ten|no more than a|no more than half|no more than 1|no more than 2|no more than 3|no more than 4|no more than 5|no more than 6|no more than 7|no more than 8|no more than 9|no more than 10|no more than 12|not heard enough|dont hear enough|dont listen to enough|dont get enough|dont do enough|dont do without|dont care who|dont care what|dont care which"
        "|no one except|nobody except|no one but|nobody but|no one other than|nobody other than|no one apart from|nobody apart from|no one besides|nobody besides|nothing except|nothing other than|nothing besides|nothing apart from|none but|never too much|cant have too much|can never have too much|no such thing as too much|wouldnt say no to|would not say no to|wont say no to|cant say no to|never say no to|not say no to|no objection to|no objections to|not averse to|nothing wrong with|no harm in|no shame in|not opposed to"
        "|know nothing about|know nothing of|knew nothing about|know next to nothing about|dont know anything about|dont know much about|not know much about"
        "|isnt any trouble|isnt much trouble|isnt too much trouble|isnt too much to ask|isnt a problem|isnt a bother|isnt any bother|not any trouble|not too much trouble|not too much bother|not too much to ask|not a problem|no trouble|no bother"
        "|not a question|not by chance|cannot live|if not|no really|no preference|dont know|more or less|whether or not"
    ).split("|")
]
ABSENT = [
    tuple(p.split())
    for p in "there is no|theres no|there are no|why is there no|why are there no|you have no".split("|")
]
"""At the beginning of a clause: what is missed, and so wished for."""
STOPS = frozenset(
    "but though although however aber mais pero ma но mas maar instead play give gimme sondern rather plutot more"
    " said asked".split()
)
ENDS = frozenset("for from with by in on like fur pour para per avec mit con voor".split())
SPARED = [
    tuple(p.split())
    for p in (
        "not that i mind|not that i dont like|not that i hate|nothing against|no offence to|no offense to|dont mind"
        "|not against|have nothing against|nichts gegen|habe nichts gegen|rien contre|nada contra|no tengo nada contra"
        "|niente contro|niets tegen|inget emot|nic przeciwko"
    ).split("|")
]
"""Before what is neither wanted nor refused where a "but" follows: "not that I mind jazz, but some rock"."""
EXCEPT = [
    tuple(p.split())
    for p in (
        "except for|except|excepting|apart from|aside from|other than|besides|save for|but for|bar|barring|unless its"
        "|unless it is|unless theyre|unless they are|unless by|with the exception of|ausser|abgesehen von|sauf|a part"
        "|hormis|excepto|salvo|a parte|tranne|eccetto|exceto|behalve|utom|oprocz"
    ).split("|")
]
"""Behind what is refused they begin what the refusal leaves alone."""
