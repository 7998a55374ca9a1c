"""Groups, topics and channels: who is in them, and who may do what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.telegram_peer.actors import User
    from tests.telegram_peer.messages import Message
    from tests.telegram_peer.world import World

ADMIN_RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_pin_messages",
    "can_manage_topics",
)
PERMISSIONS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_react_to_messages",
    "can_edit_tag",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
)
MODERATOR = dict.fromkeys(("can_manage_chat", "can_delete_messages", "can_restrict_members", "can_pin_messages"), True)


@dataclass(eq=False)
class Member:
    user: User
    status: str = "member"
    rights: dict[str, bool] = field(default_factory=dict)
    """An administrator's rights, or what a restricted member may still do."""
    anonymous: bool = False
    title: str = ""
    gone: bool = False
    """Restricted, and not in the group any more: the restriction stays."""

    @property
    def is_in(self) -> bool:
        return self.status not in ("left", "kicked") and not self.gone

    @property
    def payload(self) -> dict[str, Any]:
        said: dict[str, Any] = {"status": self.status, "user": self.user.payload}
        if self.status == "creator":
            said |= {"is_anonymous": self.anonymous}
        elif self.status == "administrator":
            said |= {"can_be_edited": False, "is_anonymous": self.anonymous}
            said |= {name: self.rights.get(name, False) for name in ADMIN_RIGHTS}
        elif self.status == "restricted":
            said |= {"is_member": not self.gone, "until_date": 0}
            said |= {name: self.rights.get(name, True) for name in PERMISSIONS}
        elif self.status == "kicked":
            said |= {"until_date": 0}
        return said | ({"custom_title": self.title} if self.title else {})


class Chat:
    """A place with messages; private chats are ``actors.PrivateChat``."""

    kind = ""

    def __init__(self, world: World, number: int, title: str) -> None:
        self.world, self.id, self.title = world, number, title
        self.all: list[Message] = []
        """Every message ever, deleted and ephemeral ones among them."""
        self.count = 1
        """Message 1 founded the place, and is the General topic of a forum."""
        world.chats[number] = self

    def next_id(self) -> int:
        self.count += 1
        return self.count

    @property
    def messages(self) -> list[Message]:
        """What everybody sees, the oldest first; service messages are not among them."""
        return [one for one in self.all if not one.deleted and one.owner is None and not one.service]

    @property
    def posts(self) -> list[Message]:
        """What the bot wrote for all to see."""
        return [one for one in self.messages if one.from_bot]

    def find(self, number: int) -> Message | None:
        return next((one for one in self.all if one.id == number and one.owner is None and not one.deleted), None)

    @property
    def payload(self) -> dict[str, Any]:
        return {"id": self.id, "type": self.kind, "title": self.title}


class Channel(Chat):
    """Where administrators post as the channel itself."""

    kind = "channel"

    def __init__(self, world: World, title: str) -> None:
        super().__init__(world, world.supergroup_id(), title)


class Topic:
    """A thread of a forum. Messages are written here by giving it in place of its group."""

    def __init__(self, group: Group, name: str, root: Message) -> None:
        self.group, self.name, self.root = group, name, root
        self.id = root.id
        self.closed = self.deleted = False

    @property
    def messages(self) -> list[Message]:
        return [one for one in self.group.messages if one.thread == self.id]

    @property
    def posts(self) -> list[Message]:
        return [one for one in self.messages if one.from_bot]

    def close(self) -> None:
        """Nobody but administrators writes here any more."""
        self.closed = True

    def delete(self) -> None:
        self.deleted = True


class Group(Chat):
    """A group (``basic``) or supergroup. The bot is in it unless told otherwise."""

    def __init__(self, world: World, title: str, *, basic: bool, forum: bool, has_bot: bool) -> None:
        super().__init__(world, world.group_id() if basic else world.supergroup_id(), title)
        self.basic, self.forum = basic, forum
        self.privacy = True
        """The bot hears only what is meant for it, unless it is an administrator."""
        self.bot_spoke_last = True
        """Bare commands reach a bot with privacy mode only if no other bot has spoken since."""
        self.members_hidden = False
        self.permissions: dict[str, bool] = dict.fromkeys(PERMISSIONS, True)
        """What members may do who are no administrators."""
        self.topics: dict[int, Topic] = {}
        self.upgraded_to: Group | None = None
        self.members: dict[int, Member] = {}
        self.owner = world.new_user(f"owner of {title}")
        self.members[self.owner.id] = Member(self.owner, "creator")
        if has_bot:
            self.members[world.bot.id] = Member(world.bot)

    @property
    def kind(self) -> str:
        return "group" if self.basic else "supergroup"

    def next_id(self) -> int:
        return self.world.next_message() if self.basic else super().next_id()

    @property
    def payload(self) -> dict[str, Any]:
        return super().payload | ({"is_forum": True} if self.forum else {})

    # Who is in it

    def member(self, user: User) -> Member:
        return self.members.get(user.id) or Member(user, "left")

    def join(self, *users: User, announced: bool = False) -> None:
        """Quietly, as if they had been here for long; or ``announced``, with the service message that the bot gets."""
        for user in users:
            self._change(user, Member(user), by=user, quiet=not announced)
        if announced:
            self._service(users[0], {"new_chat_members": [user.payload for user in users]})

    def leave(self, user: User) -> None:
        old = self.member(user)
        stays = old.status == "restricted"
        left = Member(user, "restricted", old.rights, gone=True) if stays else Member(user, "left")
        self._change(user, left, by=user)
        self._service(user, {"left_chat_member": user.payload})

    def kick(self, user: User) -> None:
        self._change(user, Member(user, "kicked"), by=self.owner)
        self._service(self.owner, {"left_chat_member": user.payload})

    def admin(
        self, user: User, *, anonymous: bool = False, rights: Iterable[str] | Mapping[str, bool] | None = None
    ) -> None:
        """Make a member an administrator; without ``rights`` one who deletes messages and restricts members."""
        granted = MODERATOR if rights is None else _rights(rights)
        granted = {"can_manage_chat": True} | granted
        self._change(user, Member(user, "administrator", granted, anonymous), by=self.owner)

    def creator(self, user: User, *, anonymous: bool = False) -> None:
        """Hand the group over to somebody."""
        self.members[self.owner.id] = Member(self.owner)
        self.owner = user
        self.members[user.id] = Member(user, "creator", anonymous=anonymous)

    def demote(self, user: User) -> None:
        self._change(user, Member(user), by=self.owner)

    def restrict(self, user: User, **permissions: bool) -> None:
        """Take single permissions from a member (supergroups only, as in Telegram)."""
        if self.basic:
            raise AssertionError("members of a basic group cannot be restricted one by one: it becomes a supergroup")
        self._change(user, Member(user, "restricted", _rights(permissions, PERMISSIONS)), by=self.owner)

    def permit(self, **permissions: bool) -> None:
        """Change what members may do by default."""
        self.permissions |= _rights(permissions, PERMISSIONS)

    def bot_rights(self, **rights: bool) -> None:
        """Make the bot an administrator with exactly these rights (none: it may just manage the chat)."""
        self.admin(self.world.bot, rights=rights)

    def bot_demoted(self) -> None:
        """The bot is an ordinary member again."""
        self.demote(self.world.bot)

    def bot_restricted(self, **permissions: bool) -> None:
        self.restrict(self.world.bot, **permissions)

    def bot_added(self, by: User | None = None) -> None:
        """Somebody adds the bot: it is told so twice, as in Telegram."""
        self._change(self.world.bot, Member(self.world.bot), by=by or self.owner)
        self._service(by or self.owner, {"new_chat_members": [self.world.bot.payload]})

    def bot_kicked(self) -> None:
        self._change(self.world.bot, Member(self.world.bot, "kicked"), by=self.owner)

    def bot_left(self) -> None:
        self._change(self.world.bot, Member(self.world.bot, "left"), by=self.world.bot)

    def has_right(self, user: User, right: str) -> bool:
        """An administrator's right."""
        member = self.member(user)
        return member.status == "creator" or (
            member.status == "administrator" and (self.basic or member.rights.get(right, False))
        )

    def may(self, user: User, permission: str) -> bool:
        """A member's permission, e.g. ``can_send_photos``."""
        member = self.member(user)
        if member.status in ("creator", "administrator"):
            return True
        if not member.is_in or not self.permissions[permission]:
            return False
        return member.status != "restricted" or member.rights.get(permission, True)

    def is_admin(self, user: User) -> bool:
        return self.member(user).status in ("creator", "administrator")

    # What happens in it

    def topic(self, name: str) -> Topic:
        if not self.forum:
            raise AssertionError("only a forum has topics: peer.group(…, forum=True)")
        root = self._service(self.owner, {"forum_topic_created": {"name": name, "icon_color": 7322096}}, quiet=True)
        root.thread, root.in_topic = root.id, True
        topic = self.topics[root.id] = Topic(self, name, root)
        return topic

    def other_bot_says(self, text: str) -> Message:
        """Another bot writes: from now on bare commands are not for ours."""
        self.bot_spoke_last = False
        other = self.world.other_bot
        self.members[other.id] = Member(other)
        return self.world.put(self, other, text=text)

    def forwards(self, channel: Channel, text: str = "", *, photo: bytes = b"") -> Message:
        """A post of the linked channel arrives by itself, as Telegram's own account (777000)."""
        made = self.world.put(self, self.world.telegram, text=text, photo=photo, sender_chat=channel)
        made.extra = {"is_automatic_forward": True, "forward_origin": self.world.origin(channel)}
        self.world.tell_message(made)
        return made

    def seen_by(self, user: User) -> list[Message]:
        """What is on this person's screen: ephemeral messages to them are, those to others are not."""
        if not self.member(user).is_in:
            return []
        return [one for one in self.all if not one.deleted and not one.service and one.owner in (None, user)]

    def migrate(self) -> Group:
        """The group becomes a supergroup: a new id, and the old one answers with where it went."""
        if not self.basic or self.upgraded_to is not None:
            raise AssertionError("only a basic group becomes a supergroup: peer.group(…, basic=True)")
        new = Group(self.world, self.title, basic=False, forum=False, has_bot=False)
        self.world.users.pop(new.owner.id)
        new.owner, new.privacy, new.permissions = self.owner, self.privacy, dict(self.permissions)
        new.members = {number: Member(**vars(member)) for number, member in self.members.items()}
        self.upgraded_to = new
        self._service(self.owner, {"migrate_to_chat_id": new.id})
        new._service(self.owner, {"migrate_from_chat_id": self.id})
        return new

    def _service(self, user: User, said: dict[str, Any], *, quiet: bool = False) -> Message:
        message = self.world.put(self, user)
        message.service = said
        if not quiet:
            self.world.tell_message(message)
        return message

    def _change(self, user: User, new: Member, *, by: User, quiet: bool = False) -> None:
        old = self.member(user)
        self.members[user.id] = new
        if not quiet:
            self.world.tell_member(self, old, new, by)
        self.world.changed()


def _rights(
    given: Iterable[str] | Mapping[str, bool], known: tuple[str, ...] = (*ADMIN_RIGHTS, "is_anonymous")
) -> dict[str, bool]:
    said = dict(given) if isinstance(given, Mapping) else dict.fromkeys(given, True)
    if unknown := set(said) - set(known):
        raise AssertionError(f"no such rights: {sorted(unknown)}; there are {known}")
    return said
