"""Captions and their lines do not part what belongs together."""

import re

import pytest

from tests.transcriber.transcripts import said, transcript_of

BOUND = {
    "en": (
        "Yesterday Mr. Smith went with his old friend Dr. Brown and the new nurse from St. Mary's Hospital to"
        " the little house near the river which is about 12 kilometers away from a village that they had left"
        " after more than 20 years because the doctor had found a better place for his patients",
        r"(Mr\.|Dr\.|St\.|the|a|his|12|20)",
    ),
    "de": (
        "Gestern ging Herr Dr. Weber mit seiner Frau und dem alten Freund aus der Stadt zu einem kleinen Haus"
        " das etwa 12 Kilometer vom Dorf entfernt liegt weil die 5. Strafkammer am 15. Mai um 9 Uhr über den"
        " Fall entscheidet und der Anwalt nur 30 Minuten für das Gespräch mit der Zeugin hat",
        r"(Dr\.|der|die|das|dem|den|einem|seiner|5\.|15\.|12|9|30)",
    ),
    "fr": (
        "Hier M. Dupont est allé avec le vieil ami de la famille dans une petite maison qui se trouve à 12"
        " kilomètres de la ville parce que les médecins avaient trouvé un meilleur endroit pour les malades"
        " et que le Dr. Bernard voulait voir la rivière avant la fin de la semaine",
        r"(M\.|Dr\.|le|la|les|un|une|12)",
    ),
    "es": (
        "Ayer el Sr. García fue con la vieja amiga de la familia a una casa pequeña que está a 12"
        " kilómetros de la ciudad porque los médicos habían encontrado un lugar mejor para los enfermos y la"
        " Dra. Ruiz quería ver el río antes de que terminara la semana",
        r"(Sr\.|Dra\.|el|la|los|un|una|12)",
    ),
    "it": (
        "Ieri il sig. Rossi andò con la vecchia amica della famiglia in una piccola casa che si trova a 12"
        " chilometri dalla città perché i medici avevano trovato un posto migliore per gli ammalati e il"
        " dott. Verdi voleva vedere il fiume prima che finisse la settimana",
        r"(sig\.|dott\.|il|la|i|gli|un|una|12)",
    ),
    "pt": (
        "Ontem o Sr. Silva foi com a velha amiga da família para uma casa pequena que fica a 12 quilómetros"
        " da cidade porque os médicos tinham encontrado um lugar melhor para os doentes e a Dra. Sousa queria"
        " ver o rio antes que acabasse a semana",
        r"(Sr\.|Dra\.|o|a|os|um|uma|12)",
    ),
    "nl": (
        "Gisteren ging dhr. Jansen met de oude vriend van de familie naar een klein huis dat ongeveer 12"
        " kilometer van de stad ligt omdat de dokters een betere plek voor de zieken hadden gevonden en prof."
        " Bakker het water wilde zien voordat de week voorbij was",
        r"(dhr\.|prof\.|de|het|een|12)",
    ),
    "pl": (
        "Wczoraj prof. Nowak poszedł ze starym przyjacielem rodziny do małego domu który stoi około 12"
        " kilometrów od miasta ponieważ lekarze znaleźli lepsze miejsce dla chorych a jego żona chciała"
        " zobaczyć rzekę przy ul. Długiej zanim skończy się ten tydzień",
        r"(prof\.|ul\.|ten|jego|12)",
    ),
    "sv": (
        "I går gick dr. Berg med den gamla vännen till familjen till ett litet hus som ligger ungefär 12"
        " kilometer från staden eftersom läkarna hade hittat en bättre plats för de sjuka och prof. Nilsson"
        " ville se den stora floden innan veckan var slut",
        r"(dr\.|prof\.|den|det|de|ett|en|12)",
    ),
    "da": (
        "I går gik dr. Larsen med den gamle ven af familien til et lille hus som ligger omkring 12 kilometer"
        " fra byen fordi lægerne havde fundet en bedre plads til de syge og prof. Holm ville se den store"
        " flod den 15. maj før ugen var slut",
        r"(dr\.|prof\.|den|det|de|et|en|15\.|12)",
    ),
}


@pytest.mark.parametrize("language", BOUND)
@pytest.mark.parametrize("characters_per_second", [12, 17, 22])
def test_no_line_ends_before_what_belongs_to_its_last_word(language: str, characters_per_second: int) -> None:
    text, bound = BOUND[language]
    words = said(text + ".", characters_per_second=characters_per_second)
    lines = transcript_of(*words).render("vtt").splitlines()
    shown = [line for line in lines if line and "-->" not in line and line != "WEBVTT"]
    assert " ".join(shown) == text + "."
    assert [line for line in shown if re.search(rf"(^|\s){bound}$", line)] == []


def test_captions_end_at_clauses() -> None:
    text = "We stayed at home all day, and when the rain was over we went out to see what was left."
    transcript = transcript_of(*said(text, characters_per_second=12))
    assert transcript.render("srt").split("\n")[2:4] == ["We stayed at home all day,", ""]
