"""What a person wants the model to do: for each purpose the shape of its rows, with the reasons, and rows to begin with.

The shapes are those that the fine-tuning guides teach. Texts and rows are our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from datasets.mapping import PROMPT_COMPLETION, Mapping
from datasets.words import Sentence
from datasets.words import gettext_noop as _

PARAGRAPH, ARROW, END = "\n\n###\n\n", " ->", " END"


@dataclass(frozen=True, kw_only=True)
class Purpose:
    key: str
    title: Sentence
    what: Sentence
    columns: tuple[str, ...]  # the last one is the completion
    template: str
    separator: str  # "" where the template ends as every prompt does
    ending: str  # "" if an answer is one token
    examples: Sentence  # how many are advised
    base: str
    epochs: int
    reasons: tuple[Sentence, ...]
    rows: tuple[tuple[str, ...], ...]

    def mapping_of(self, columns: Sequence[str]) -> Mapping:
        """The mapping for a file whose columns are these, in the same order but perhaps in other case."""
        template = self.template
        for ours, theirs in zip(self.columns, columns, strict=True):
            template = template.replace(f"{{{ours}}}", f"{{{theirs}}}")
        return Mapping(format=PROMPT_COMPLETION, template=template, completion=columns[-1])

    @property
    def is_classifier(self) -> bool:
        return not self.ending


_ONE_TOKEN = _("The answer is one token, so one is asked for, and its probability is the model's certainty.")
_SMALLEST = _("The smallest base does nearly as well as the largest at telling classes apart, and is the quickest.")
_FEW_EPOCHS = _("One or two epochs: texts are learned by heart when they are shown more often.")
_STOP = _("A fixed ending teaches the model where to stop, and is the stop sequence later.")
_PER_CLASS = _("about 100 of each class")

PURPOSES = (
    Purpose(
        key="check-an-ad",
        title=_("Check an ad against facts"),
        what=_("Says whether what an ad claims is supported by what is known of the product."),
        columns=("company", "product", "ad", "supported"),
        template="Company: {company}\nProduct: {product}\nAd: {ad}\nSupported:",
        separator="",
        ending="",
        examples=_PER_CLASS,
        base="ada",
        epochs=4,
        reasons=(
            _ONE_TOKEN,
            _("Lines with names in front keep the parts apart, and “Supported:” ends each prompt in the same way."),
            _SMALLEST,
        ),
        rows=(
            (
                "Birch Lane",
                "A lamp of birch wood, 40 cm high, with a cable of two metres",
                "A lamp made of real birch.",
                "yes",
            ),
            ("Birch Lane", "A lamp of birch wood, 40 cm high, with a cable of two metres", "Works without any cable!", "no"),
            ("Tidewater", "Rain boots of natural rubber in sizes 36 to 46", "Boots of rubber for big feet, too.", "yes"),
            ("Tidewater", "Rain boots of natural rubber in sizes 36 to 46", "Lined with warm wool.", "no"),
        ),
    ),
    Purpose(
        key="sentiment",
        title=_("Tell sentiment"),
        what=_("Sorts messages or reviews into positive and negative."),
        columns=("text", "sentiment"),
        template="{text} ->",
        separator="",
        ending="",
        examples=_PER_CLASS,
        base="ada",
        epochs=4,
        reasons=(
            _ONE_TOKEN,
            _("The probability of “positive” is a scale: with it, texts can be put in order."),
            _SMALLEST,
        ),
        rows=(
            ("The bread was warm and the staff remembered my name.", "positive"),
            ("Waited an hour for a cold soup.", "negative"),
            ("Came home with two bags of books and a smile.", "positive"),
            ("The zip broke on the first day.", "negative"),
        ),
    ),
    Purpose(
        key="sort-email",
        title=_("Sort e-mail into categories"),
        what=_("Files each message under a number, of up to about 500 categories."),
        columns=("subject", "from", "to", "date", "content", "category"),
        template="Subject: {subject}\nFrom: {from}\nTo: {to}\nDate: {date}\nContent: {content}\n\n###\n\n",
        separator="",
        ending="",
        examples=_PER_CLASS,
        base="ada",
        epochs=4,
        reasons=(
            _("Numbers up to 500 are one token each, whatever the category is called; keep a list of what they mean."),
            _("Everything that a person would look at is in the prompt: subject, sender, date."),
            _("Long messages are cut at the base's limit; 2,043 tokens leave room for separator and answer."),
        ),
        rows=(
            ("Invoice 311", "Mira", "office", "Monday", "The amount does not match our order.", "1"),
            ("Leaking tap", "Flat 12", "caretaker", "Tuesday", "The tap in the kitchen drips day and night.", "2"),
            ("Key card", "Tomas", "office", "Friday", "My card does not open the side door any more.", "3"),
        ),
    ),
    Purpose(
        key="write-an-ad",
        title=_("Write an ad from a description"),
        what=_("Turns a name and a plain description into a text that makes people curious."),
        columns=("name", "description", "ad"),
        template="{name}\n{description}\n\n###\n\n",
        separator="",
        ending=END,
        examples=_("about 500, the best that you have"),
        base="curie",
        epochs=2,
        reasons=(
            _("The model imitates style and mistakes alike: a few hundred excellent texts beat thousands of fair ones."),
            _STOP,
            _FEW_EPOCHS,
        ),
        rows=(
            (
                "Night Owl",
                "Reading lamp with a clip, three warm tones, charged by USB",
                "One more chapter, and nobody wakes up.",
            ),
            ("Puddle", "Rain boots for children, red, easy to pull on", "For small feet that never walk around the water."),
        ),
    ),
    Purpose(
        key="extract",
        title=_("Extract names and terms"),
        what=_("Lists what a text mentions: people, places, products, dates."),
        columns=("text", "found"),
        template="{text}\n\n###\n\n",
        separator="",
        ending=END,
        examples=_("about 500 of every kind of text that will come"),
        base="curie",
        epochs=2,
        reasons=(
            _("One find a line, in the order of the text or of the alphabet, but always the same one."),
            _("Show texts without any find as well, or the model will always find something."),
            _STOP,
        ),
        rows=(
            ("Nadia Orr opens her bakery in Lund on 3 May.", "Nadia Orr\nLund\n3 May"),
            ("The ferry to Holm is cancelled until Sunday.", "Holm\nSunday"),
            ("It will rain.", "nothing"),
        ),
    ),
    Purpose(
        key="answer-customers",
        title=_("Answer customers"),
        what=_("Writes the agent's next answer, from what has been said and what is known."),
        columns=("summary", "details", "conversation", "answer"),
        template="Summary: {summary}\nDetails: {details}\n\n###\n\n{conversation}\nAgent:",
        separator="",
        ending="\n",
        examples=_("a few thousand"),
        base="curie",
        epochs=2,
        reasons=(
            _("One row for each answer of an agent: the conversation so far is the prompt, the answer the completion."),
            _("A summary keeps long conversations short; another fine-tune can write it."),
            _("What the answer needs to know, such as an order's state, stands in the details."),
        ),
        rows=(
            (
                "The customer asks for a parcel.",
                "Order 18 was sent on Monday, delivery takes three days.",
                "Customer: Where is my parcel?",
                "It left us on Monday and should reach you by Thursday.",
            ),
            (
                "The customer asked for a parcel and heard when it arrives.",
                "Order 18 was sent on Monday, delivery takes three days.",
                "Customer: Where is my parcel?\nAgent: It should reach you by Thursday.\nCustomer: Can a neighbour take it?",
                "Yes. Tell me the name at the door and I will let the courier know.",
            ),
        ),
    ),
    Purpose(
        key="describe-a-product",
        title=_("Describe a product"),
        what=_("Makes a sentence of attributes, without inventing any."),
        columns=("item", "colour", "material", "size", "description"),
        template="The item is a {item}. Its colour is {colour}. It is made of {material}. Its size is {size}. ->",
        separator="",
        ending=".",
        examples=_("about 500"),
        base="curie",
        epochs=2,
        reasons=(
            _("Attributes as sentences, not as Item=bag, Colour=green: the model reads sentences better."),
            _("Use no fact in the description that is not in the prompt, or the model learns to invent."),
            _("The full stop ends the answer."),
        ),
        rows=(
            ("bag", "army green", "canvas", "large", "A large bag of army green canvas."),
            ("scarf", "white", "wool", "two metres", "A white woollen scarf, two metres long."),
        ),
    ),
    Purpose(
        key="own",
        title=_("Something else"),
        what=_("One column for what the model is given, one for what it should answer."),
        columns=("prompt", "completion"),
        template="{prompt}",
        separator=PARAGRAPH,
        ending=END,
        examples=_("100 of each class, or about 500 answers"),
        base="ada",
        epochs=4,
        reasons=(_("The separator and the ending are added for you, and what else is missing is found after the upload."),),
        rows=(("What the model is given", "What it should answer"),),
    ),
)
BY_KEY = {purpose.key: purpose for purpose in PURPOSES}


def of_columns(columns: list[str]) -> Purpose | None:
    """The purpose whose spreadsheet has exactly these columns, whatever their case."""
    named = [column.strip().casefold() for column in columns]
    return next((purpose for purpose in PURPOSES if list(purpose.columns) == named and purpose.key != "own"), None)
