# English: the language of last resort, so every key is here.
# Rules: say what happened, then what to do next. No blame, no jargon, no joke in an error.

verbatim = { $text }

## Commands

command-avatar = Avatar
command-avatar-hint = Make a new picture for yourself, with or without a photo
avatar-style = Style
avatar-style-hint = How the picture looks; /styles shows them all
avatar-photo = Photo
avatar-photo-hint = Only if you want one. No other member sees it, and it is erased when the picture is finished
avatar-likeness = Likeness
avatar-likeness-hint = How much of your photo may show
avatar-hair = { trait-hair }
avatar-hair-hint = For a drawn figure; left out, we choose for you
avatar-glasses = { trait-glasses }
avatar-glasses-hint = For a drawn figure; sunglasses go on a photo, too, and hide the eyes
avatar-mood = { trait-mood }
avatar-mood-hint = For a drawn figure; left out, we choose for you
avatar-beard = { trait-beard }
avatar-beard-hint = For a drawn figure; left out, we choose for you
avatar-skin = { trait-skin }
avatar-skin-hint = For a drawn figure; left out, we choose for you
avatar-colour = { trait-colour }
avatar-colour-hint = Colour of clothes and background
command-styles = Styles
command-styles-hint = See every style that is allowed here
command-queue = My pictures
command-queue-hint = See your place in line, cancel, or show a picture again
command-settings = My settings
command-settings-hint = Choose your usual style, likeness and language; see how many pictures you have left today
command-privacy = Privacy
command-privacy-hint = See what is stored about you, take it with you, or have it erased
command-help = Help
command-help-hint = See what you can do here
command-room = Room settings
command-room-hint = Rules for pictures: styles, daily limit, likeness limit, pause, blocked members and the log
command-block = Block
command-block-hint = Stop a member from making and sharing pictures here; what they shared is taken back
block-member = Member
block-member-hint = Whom to block
command-unblock = Unblock
command-unblock-hint = Let a blocked member make pictures here again
unblock-member = Member
unblock-member-hint = Whom to unblock

## Traits of a drawn figure

trait-hair = Hair
trait-hair-bald = Bald
trait-hair-short = Short
trait-hair-curly = Curly
trait-hair-afro = Afro
trait-hair-long = Long
trait-hair-bun = Bun
trait-hair-covered = Headscarf or turban
trait-hair-hat = Hat
trait-glasses = Glasses
trait-glasses-none = No glasses
trait-glasses-round = Round
trait-glasses-square = Square
trait-glasses-shades = Sunglasses
trait-mood = Mood
trait-mood-happy = Happy
trait-mood-calm = Calm
trait-mood-cheeky = Cheeky
trait-mood-serious = Serious
trait-mood-surprised = Surprised
trait-mood-dreamy = Dreamy
trait-beard = Beard
trait-beard-none = No beard
trait-beard-moustache = Moustache
trait-beard-goatee = Goatee
trait-beard-full = Full beard
trait-skin = Skin tone
trait-skin-lightest = Lightest
trait-skin-light = Light
trait-skin-medium = Medium
trait-skin-tan = Tan
trait-skin-brown = Brown
trait-skin-dark = Dark
trait-colour = Colour
trait-colour-red = Red
trait-colour-orange = Orange
trait-colour-yellow = Yellow
trait-colour-green = Green
trait-colour-teal = Teal
trait-colour-blue = Blue
trait-colour-purple = Purple
trait-colour-pink = Pink
trait-colour-grey = Grey

## Likeness

likeness-none = no photo
likeness-none-hint = A drawn figure; no photo is used
likeness-hint = a hint
likeness-hint-hint = Your colours and pose, with another face
likeness-somewhat = somewhat
likeness-somewhat-hint = Like a cousin of yours: hair and pose show, the face is bent
likeness-clear = clearly me
likeness-clear-hint = People who know you will recognise you

## Languages

language-auto = As in my browser or app
language-en = English
language-ko = 한국어

## A job on its way

job-waiting = { $place ->
    [1] You are next in line: about { $duration }. Style: { $style }.
   *[other] In line: number { $place }, about { $duration }. Style: { $style }.
}
job-drawing = Drawing your picture: { $percent }%. Style: { $style }.
job-cancelled = Cancelled. It does not count towards your daily limit.
job-cancelled-photo = Cancelled, and your photo is erased. It does not count towards your daily limit.
job-erased = This picture is erased. To make a new one, use /avatar.
job-free = It does not count towards your daily limit.
duration-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
duration-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
duration-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
cancel-late = Too late to cancel: the picture was already finished. You can delete it below.
photo-again = Your photo was erased when the picture was finished, as promised. Send it once more to go on.

## A finished picture

result-ready = Your picture is ready. Style: { $style }.
result-likeness = Likeness: { $level }.
result-photo = { $likeness } { $trace }
result-shared = This picture is shared: everybody there can see it. “Take it back” removes it.
result-kept = We keep this picture for { $hours } hours.
result-kept-photo = Your photo is already erased. We keep this picture for { $hours } hours.
trace-none = Photo trace: none. That is never a guarantee: people who know you may still recognise you.
trace-low = Photo trace: low. That is never a guarantee: people who know you may still recognise you.
trace-medium = Photo trace: medium. There is no guarantee: people who know you may well recognise you.
trace-high = Photo trace: high. Expect people to recognise you.
note-ceiling = The moderators allow at most “{ $level }” here, so that is what we draw.
note-photo-unused = With likeness “no photo” we draw a figure. Your photo was not used and not kept.
note-photo-forbidden = The moderators allow no photos here, so we draw a figure. Your photo was not used and not kept.
note-drawn-simple =
    { $why ->
        [unchecked] Nobody checks painted pictures here before you see them, so this is a drawing in { $style }.
        [lacking] The painting engine lacks what this style needs, so this is a drawing in { $style }.
        [memory] The painting engine has too little memory for this picture, so this is a drawing in { $style }.
        [died] The painting engine could not finish this picture, so this is a drawing in { $style }.
       *[away] The painting engine is away, so this is a drawing in { $style }.
    }
picture-avatar = Your new avatar. Style: { $style }
picture-preview = First look at your avatar. Style: { $style }
picture-shared = Avatar of a member
picture-style = Example picture. Style: { $style }

## Buttons

action-again = Try again
action-paint = Paint it in full
action-more = More like me
action-less = Less like me
action-other = Other style
action-share = Share here
action-unshare = Take it back
action-unshare-number = Take back { $number }
action-save = Save as my default
action-delete = Delete
action-cancel = Cancel
action-cancel-number = Cancel { $number }
action-show = Show { $number }
action-draw = Draw this
action-photo-again = Send the photo again
action-set-style = Usual style
action-set-likeness = Usual likeness
action-set-language = Language
action-export = Export my data
action-forget = Forget me
action-forget-yes = Yes, erase everything
action-back = Back
action-pause = Pause
action-resume = Resume
action-room-style = Allow or forbid a style
action-room-quota = Pictures per member and day
action-room-ceiling = Likeness limit
action-room-unblock = Unblock a member
action-room-log = Log of decisions

## Answers

styles-headline = These styles are allowed here. Choose one and we draw you a figure in it; for a photo, use /avatar.
other-headline = Which style next? Choose one to draw it.
share-done = Shared: everybody here can see this picture now.
unshare-done = Taken back: the picture is no longer shown. Somebody may have saved it while it was.
save-done = Saved. Your next picture starts with this style: { $style }.
save-done-photo = Saved. Your next picture starts with this style: { $style }, and with this likeness: { $level }.
queue-headline = { $open ->
    [0] { $kept ->
        [0] You have no pictures here yet. Make one with /avatar.
       *[other] Nothing of yours is in line. Finished pictures still kept or shared: { $kept }.
    }
   *[other] Yours in line: { $open }. Finished pictures still kept or shared: { $kept }.
}
queue-waiting = { $number }: number { $place } in line, about { $duration }. Style: { $style }.
queue-drawing = { $number }: being drawn now. Style: { $style }.
queue-done = { $number }: finished. Style: { $style }.
queue-shared = { $number }: shared, and erased here. Style: { $style }.
queue-more = Not shown here: { $count } more.
settings-headline = Your settings here
settings-style = Usual style: { $style }
settings-style-auto = automatic
settings-style-auto-hint = One that suits what you send
settings-likeness = Usual likeness with a photo: { $level }
settings-language = Language: { $language }
settings-left = Pictures left today: { $left } of { $daily }. Several at once count as one. The count starts anew at midnight UTC.
help-headline = We make you a profile picture that is yours and does not give you away.
help-line = /{ $command }: { $hint }
help-moderator = For moderators:
help-privacy = Only you see our answers. Others see a picture only after you press “Share here”.

## Privacy

privacy-headline = What is stored about you
privacy-photo = Your photo: stored encrypted while its picture waits and is drawn. It is erased the moment the picture is finished or cancelled, or has failed.
privacy-avatar = Your pictures: stored encrypted until they reach you and for { $hours } hours after, or until you delete them; so long their buttons work. Made here and stored now: { $count }.
privacy-who = Who you are: we store a code instead of your name or number. Where your picture is to be delivered is stored encrypted while it is on its way, and erased on delivery.
privacy-settings = Your settings, how many pictures you made today, and for { $days } days a list of what you asked for, without photos and pictures. A copy of all this that is made before an update or a restore is erased after { $copies } days.
privacy-share = A picture that you shared stays where you shared it, and its request in our list, until you take it back. Others may have saved it.
privacy-likeness = A drawn picture is never a guarantee: people who know you may still recognise you. With each one that is made of a photo we say how much of the photo is left in it (“photo trace”: none, low, medium or high).
export-done = This file holds everything that is stored about you.
forget-confirm = Erase everything about you? This cannot be undone.
forget-what = Pictures in line are cancelled; all your pictures and settings are erased everywhere, and what you shared is taken back.
forget-done = Done. Erased just now:
forget-stays = Two things stay: how many pictures you made today, until midnight UTC, so that the daily limit holds; and a moderator’s block, if there is one. If this bot was updated or restored lately, a copy of its database from before, without photos and pictures, goes after { $days } days.
receipt-jobs = Requests for pictures: { $count }
receipt-photos = Photos: { $count }
receipt-avatars = Pictures: { $count }
receipt-preferences = Settings: { $count }
receipt-messages = Messages that had not reached you yet: { $count }
receipt-decisions = Your name in the log of decisions: { $count }
receipt-charges = Counts that are no longer needed: { $count }
kept-charges = Kept until midnight UTC, so that the daily limit holds: how many pictures you made today ({ $count }).
kept-blocks = Kept: blocks by moderators. Number: { $count }.
privacy-moderator = As a moderator: your decisions stand in the log of decisions for { $days } days, under a code instead of your name.
receipt-nothing = Nothing: we had nothing stored about you.

## Moderators

room-headline = Members can ask for pictures.
room-paused = PAUSED: nobody can ask for new pictures. What was in line is still drawn.
room-styles = Allowed styles: { $allowed } of { $all }
room-quota = Pictures per member and day: { $daily } (several at once count as one)
room-ceiling = Likeness limit: { $level }
ceiling-none = no limit
room-ceiling-none = Likeness limit: none
room-blocked = Blocked members: { $count }
room-unblock-hint = The menu shows codes, not names. To unblock by name, use /unblock.
room-style-allow = Allow: { $style }
room-style-forbid = Forbid: { $style }
room-quota-option = { $count } a day
block-done = Blocked: member { $tag } can no longer make or share pictures here. To undo, use /unblock.
block-taken-back = { $count ->
    [0] They had shared nothing here.
    [one] The picture that they had shared here is taken back.
   *[other] The { $count } pictures that they had shared here are taken back.
}
unblock-done = Unblocked: member { $tag } can make pictures here again.
unblock-not = Nothing changed: member { $tag } was not blocked here.
log-headline = Decisions of the moderators, newest first (UTC)
log-empty = No decisions yet.
log-line = { $when }, { $who }: { $what }
log-you = you
log-moderator = moderator { $tag }
log-style-allowed = allowed the style { $detail }
log-style-forbidden = forbade the style { $detail }
log-quota = per member and day: { $detail }
log-ceiling = likeness limit: { $detail }
log-paused = paused new pictures
log-resumed = allowed new pictures again
log-block = blocked member { $detail }
log-unblock = unblocked member { $detail }
channel-headline = In this channel, members can ask for pictures.
channel-paused = This channel is PAUSED: nobody can ask for pictures. What was in line is still drawn.
channel-scope = What you change here holds in this channel alone. Blocks, and how many pictures a member has made today, count in all channels together.
room-scope = What you change here, and “Pause” too, holds in every channel that has no rules of its own.
action-channel-own = Own rules for this channel
action-channel-follow = Drop this channel’s own rules
log-here = { $what } (this channel)
log-elsewhere = { $what } (another channel)
log-parted = set own rules
log-rejoined = dropped own rules
room-paused-partly = PAUSED, but not in channels with rules of their own. What was in line is still drawn.
room-halted = PAUSED everywhere: nobody can ask for new pictures. What was in line is still drawn.
room-lift = “Lift the pause” brings back what held before, here and in every other place.
room-parts = Channels with rules of their own: { $count }, paused by these: { $paused }
action-halt = Pause everywhere
action-lift = Lift the pause
log-halted = paused new pictures everywhere
log-lifted = lifted the pause everywhere
error-plan = There is no plan “{ $plan }”. Choose one of: { $plans }.
error-scheduler = There is no scheduler “{ $scheduler }”. Choose one of: { $schedulers }.
error-preset = The style “{ $style }” asks for something the preset “{ $preset }” cannot do ({ $setting }).
error-strength = With { $steps } steps, a strength of { $strength } would leave the photo as it is. Choose more.
error-model-broken = The weights of “{ $model }” cannot be read. Run: bpp models verify
note-memory-batch = Memory was short, so pictures were painted one after another.
note-memory-tiles = Memory was short, so this was painted in tiles; look for faint seams.
note-memory-offload = Memory was short, so painting took longer.
note-memory-small = Memory was short, so this was painted smaller and enlarged.

## A rule says no

refused = That is not possible here. Nothing happened and nothing was counted.
refused-moderator = Only moderators can do that here. Nothing was changed.
refused-no-style = No style is allowed here right now. Please ask a moderator.
refused-style = That style is not allowed here. See the allowed ones with /styles.
refused-share-style = A moderator has forbidden this style here, so the picture cannot be shared. You can still keep it for yourself.
refused-share-likeness = This picture may show more of your photo than the moderators allow here, so it cannot be shared. You can still keep it for yourself.
refused-figure = This picture was drawn without a photo, so its likeness cannot be changed. Send a photo with /avatar.
refused-most = It cannot get any more like you than this.
refused-painted = This picture was painted in full already.
refused-away = The painting engine is away right now. Your picture stays as it is; please try again later.
refused-ceiling = The moderators do not allow more likeness than this here.
refused-last-style = This is the last allowed style, so it stays. To stop all new pictures, press “Pause” instead.
refused-block-self = You cannot block yourself. Nothing was changed.

## Errors

error-unexpected = Something went wrong on our side. Please try again. If it happens again, tell whoever runs this bot this number: { $reference }.
error-storage = We cannot store anything right now, so nothing happened and nothing was counted. Please try again in a few minutes, or tell whoever runs this bot.
error-slow = That took too long. Please look at /queue: if your picture is in line there, it will still come. Otherwise try again.
error-command = We do not know this command. /help shows what there is.
error-button = This button is too old to work. Please start again with /avatar, or see /help.
error-argument = “{ $name }” cannot be understood. Please check it and try again.
error-argument-missing = “{ $name }” is missing. Please add it and try again.
error-argument-unknown = /{ $command } does not know one of these options. Please choose from the ones offered.
error-choice = “{ $name }” cannot be that. Possible: { $possible }.
error-number = “{ $name }” must be a whole number from { $least } to { $most }.
error-likeness = That likeness does not exist. Please choose from the ones offered.
error-gone = That is no longer here, or it is not yours. /queue shows what is.
error-no-picture = There is no finished picture to share. /queue shows how far it is.

## Installing and starting

config-invalid = The setting “{ $setting }” is not right: { $problem }. Correct it in the environment (BPP_…) or in the settings file.
config-unreadable = The settings file { $file } cannot be read: { $problem }.
config-secret = The secret in { $file } cannot be used: { $problem }.
config-secret-open = The secret in { $file } can be read by others. Run: chmod 600 { $file }
config-secret-broken = The file { $file } holds no secret of { $bytes } bytes in hexadecimal. Put the right one back, or move it away to start anew without old members' settings.
config-engine-token = BPP_ENGINE_TOKEN is missing: the bot and the engine server need the same one.
config-no-platform = There is no chat to serve. Set BPP_DISCORD_TOKEN for Discord or BPP_TELEGRAM_TOKEN for Telegram, or open the local room with “bpp room”.
config-no-token = There is no bot to try: set { $setting } first.
file-unreadable = The file { $file } cannot be read: { $problem }.
file-unwritable = The file { $file } cannot be written: { $problem }.

## The local room

web-title = BPP room
web-room-name = The room
web-skip = Skip to the message box
web-no-script = This room needs JavaScript. Please switch it on for this page and reload.
web-no-cookie = This room needs one cookie to know you again. Please allow cookies for this page and reload.
web-log = Messages
web-composer = Message
web-composer-hint = Message, or / for a picture
web-send = Send
web-commands-open = Commands
web-commands = Commands
web-photo-add = Add a photo
web-people = In the room
web-people-open = People in the room: {"{$count}"}
web-close = Close
web-cancel = Cancel
web-you = you
web-bot = BPP
web-bot-tag = Bot
web-shield = Moderator
web-private = Only you can see this
web-shared = shared a new picture
web-shared-alt = The new profile picture of {"{$name}"}
web-taken-back = This picture was taken back.
web-face-alt = Profile picture of {"{$name}"}
web-welcome-title = Welcome! You are {"{$name}"} here.
web-welcome = Nobody sees who you are: the nickname and the figure are random, and both can be changed.
web-welcome-avatar = Make my picture
web-welcome-styles = See the styles
web-connecting = Connecting …
web-lost = The connection is gone. Trying again …
web-many-pages = The room is open in too many tabs of this browser. Close one and reload this page.
web-new-messages = New messages
web-form-run = Send
web-form-photo-optional = Drop a photo here, paste one, or choose a file. Without one you get a drawn figure.
web-form-photo-choose = Choose a photo
web-form-photo-camera = Take a photo
web-form-photo-remove = Remove the photo
web-form-photo-alt = The photo that you chose
web-form-photo-promise = Your photo stays in this tab; the server erases it as soon as the picture is done.
web-form-default = You choose
web-form-nobody = Nobody chosen
web-form-required = Please fill in: {"{$name}"}
web-form-enter = Enter runs it
web-drop = Drop the photo to make a picture from it
web-drop-promise = It goes to the bot only. The room never sees it.
web-drop-not-picture = That file is no picture. Send a JPEG, PNG, WebP or AVIF photo.
web-photo-again-title = The photo is needed once more
web-photo-again = The server erased your photo when the picture was done, as promised, and this tab no longer has it either. Choose it again and the new picture is made at once.
web-working = Working on it …
web-sending-photo = Sending the photo: {"{$percent}"} %
web-progress = Progress
web-preview-alt = A first look at the picture
web-sizes = In the chat it will look like this
web-save-picture = Save the picture
web-download = Download {"{$name}"}
web-picture-gone = This picture is no longer here. /queue shows the ones that are kept.
web-profile = Your place in this room
web-profile-open = Your profile: {"{$name}"}
web-nickname = Nickname
web-nickname-help = Up to 24 characters. Everybody in the room sees it.
web-nickname-save = Save
web-nickname-saved = From now on you are {"{$name}"}.
web-language = Language
web-make-picture = Make a new picture
web-member-menu = Choices for {"{$name}"}
web-about-member = About { $name }:
web-nickname-empty = Please enter a nickname.
web-nickname-long = That nickname is too long. Up to 24 characters fit.
web-nickname-letters = That nickname has characters that cannot be seen or read. Please use letters, digits and simple signs.
web-nickname-reserved = That nickname looks like the bot or a moderator. Please choose another one.
web-nickname-taken = Somebody here has that nickname, or one that looks the same. Please choose another one.
web-moderator-now = You are a moderator of this room now, in this browser.
web-moderator-used = This moderator link was used already, or it is from an earlier start. Each start of the room prints a new one in the terminal.
web-error-unknown = The room does not know this browser yet. Please reload the page.
web-error-garbled = The room did not understand that. Please reload the page and try again.
web-error-large = That photo is larger than 20 MB. Please send a smaller one.
web-error-slow = That took too long to arrive. Please check the connection and try again.
web-error-gone = This is no longer here.
web-error-calls = That was a lot at once. Wait a few seconds, then try again.
web-error-talking = You write faster than the room can read. Wait a moment; your text is still there.
web-error-crowded = Many photos are arriving just now. Please try again in a few seconds.
web-error-empty = Write something first.
web-error-long = That message is too long. Up to 2000 characters fit.
web-error-nobody = Nobody in this room is called “{$name}”. Please check the nickname, or choose a member from the list.
web-error-offline = The room cannot be reached. Your text is still there; try again in a moment.
web-port-taken = The room cannot listen on {$host}, port {$port}: something else uses it. Stop that, or choose another port with --port.
web-nickname-adjectives = Quiet, Gentle, Brave, Curious, Sunny, Sleepy, Swift, Merry, Clever, Patient, Mellow, Bright, Cosy, Daring, Dreamy, Eager, Fluffy, Jolly, Kind, Lively, Nimble, Polite, Proud, Shy, Snowy, Tiny, Warm, Wise, Witty, Humble
web-nickname-animals = Otter, Fox, Badger, Heron, Hare, Lynx, Robin, Owl, Seal, Panda, Koala, Turtle, Dolphin, Sparrow, Hedgehog, Raccoon, Beaver, Penguin, Squirrel, Magpie, Deer, Crane, Whale, Tiger, Moth, Gecko, Puffin, Alpaca, Marmot, Falcon
web-enlarge = See it larger

## The data folder, and what its rules refuse

storage-newer = The data folder was written by a newer version of BPP (schema { $found }, this version knows up to { $known }). Install that version again, or restore a backup from before the update with “bpp db restore”. Nothing was changed.
storage-read-only = The data folder cannot be written to. Check its owner, its permissions and whether the disk is mounted read-only, then start again. Nothing was changed.
storage-full = The disk that holds the data folder is full. Free some space; nothing that was accepted is lost, and work goes on by itself once there is room.
storage-corrupt = The database is damaged or is not one of ours. Nothing was changed. Restore the latest backup with “bpp db restore”, or look closer with “bpp db check”.
storage-in-use = Another BPP is already using this data folder. Stop it first, or choose another folder with --data.
storage-wrong-secret = This data folder belongs to a different secret. Put the old secret back; with another one nobody would be recognised and no picture could be opened. Nothing was changed.
storage-broken = The data folder cannot be used: { $reason }. Check the disk, then run “bpp db check”.
storage-closed = The bot is shutting down. Please try again in a minute.
storage-none = There is no BPP database there. Check the path.
storage-exists = { $path } already exists. Choose another name, so that nothing is overwritten.
refused-quota = You have used up today’s limit here ({ $daily }). There will be new ones in { $hours ->
    [one] an hour
   *[other] { $hours } hours
}.
refused-delete-open = This picture is not finished yet, so there is nothing to delete. To stop it, choose Cancel in /queue.
refused-busy = You already have { $waiting } pictures on the way. Wait for one of them, or cancel one with /queue.
refused-full = Very many people are waiting right now, so new requests are paused for a moment. Please try again in a few minutes; nothing was counted.
refused-blocked = A moderator has blocked you from making and sharing pictures here. Please talk to the moderators.
refused-paused = The moderators have paused new pictures here. Please try again later.
job-poison = This picture could not be drawn, although we tried { $attempts } times. Please try another photo or another style.
job-photo-lost = Your photo is no longer here, so the picture could not be drawn. Please send the photo again.

## Photos and engines

photo-empty = This file is empty. Please choose your photo again and send it once more.
photo-gif = This is a GIF. Please send a photo as JPEG, PNG, WebP or AVIF; a screenshot of the GIF works too.
photo-heic = This is a HEIC photo, which we cannot open here. Please send it as JPEG: on an iPhone, a screenshot of the photo is the quickest way; for the next photos, choose Settings → Camera → Formats → Most Compatible.
photo-other-format = This is a { $format } file. Please save it as JPEG or PNG and send that, or send a screenshot of it.
photo-video = This is a video. Please send a photo, or a screenshot of the moment that you like.
photo-document = This is a { $format } file, not a photo. Please send a photo as JPEG, PNG, WebP or AVIF.
photo-unreadable = We cannot see a photo in this file. Please send one as JPEG, PNG, WebP or AVIF.
photo-broken = This photo is damaged or incomplete. Please send it again, or send a screenshot of it.
photo-too-large-file = This file is larger than { $most } MB. Please send a smaller one; a screenshot of the photo is small enough.
photo-too-many-pixels = This picture is too big ({ $width } × { $height } pixels). Please send a smaller one; a screenshot of it is small enough.
photo-too-small = This picture is too small ({ $width } × { $height } pixels). Each side needs at least { $least } pixels. Please send a larger one.
photo-too-narrow = This picture is much longer than it is wide ({ $width } × { $height } pixels). Please crop it closer to the face and send it again.
photo-too-heavy = Opening this photo would take too long or too much memory. Please send a smaller copy, or a screenshot of it.
photo-not-now = We cannot open photos at the moment; your photo was not the reason. Please try again in a minute, or leave the photo out.
error-spec = This picture cannot be drawn as it was asked for. Please start again with /avatar.
error-draw-failed = This picture could not be drawn. Please try again, or choose another style or another photo.
error-engine = Something went wrong while drawing. Please try again.
error-engine-unavailable = The drawing engine stopped in the middle. Please try again in a minute.
error-engine-memory = The drawing engine ran out of memory. Please try again, or choose another style.
error-engine-not-ready = Every drawing engine is busy or starting. Please try again in a minute.
error-engine-not-reached = The drawing engine cannot be reached. Please try again in a few minutes.
error-engine-token = The drawing engine does not know our token. Please tell whoever runs this bot.
error-nobody-paints =
    { $why ->
        [unchecked] Nobody checks painted pictures here before you see them, and nothing may be drawn instead. Please ask the moderators.
        [lacking] The painting engine lacks what this style needs, and nothing may be drawn instead. Please choose another style.
        [memory] The painting engine has too little memory for this picture, and nothing may be drawn instead. Please try again later.
        [died] The painting engine could not finish this picture, and nothing may be drawn instead. Please choose another style.
       *[away] The painting engine is away, and nothing may be drawn here instead. Please try again later.
    }

## Styles, sizes and what the engine noticed

note-no-face = We found no face in your photo, so we drew what is in the middle of it. If you are in it, a photo from closer up works better.
note-several-faces = There are several faces in your photo. We drew the largest one; for another, crop the photo and send it again.
error-style = There is no style called “{ $style }”. Please choose one from the list of styles.
error-style-engine = The style “{ $style }” needs the engine “{ $engine }”, which does not run here. Please choose another style.
error-style-file = The style file { $file } cannot be used. Look at “{ $key }”: { $reason }.
error-likeness-range = { $likeness } is no likeness. Choose a number from { $low } (a drawn figure) to { $high } (as close as we draw).
error-seed = { $seed } is no seed. Choose a whole number from 0 to { $high }.
error-size = A picture of { $size } pixels cannot be drawn. Choose a size from { $low } to { $high }.
error-trait = “{ $value }” cannot be chosen for “{ $trait }”. Please choose from the ones offered.
error-unreachable = This message can no longer be delivered. Please start again with /avatar.

## Discord
discord-token = Discord does not accept the bot’s token. Copy it anew from the Developer Portal (Bot, Reset Token) into the setting discord_token (BPP_DISCORD_TOKEN), without “Bot ” before it.
discord-intents = Discord does not let this bot connect with what it asks for (close code { $code }). Please update BPP; if that does not help, report this code to its authors.
discord-photo-gone = Discord no longer has this photo. Please send it once more.
discord-photo-slow = Discord took too long to hand us your photo, so nothing happened and nothing was counted. Please send it once more.
discord-photo-foreign = This file does not come from Discord, so it was not opened. Please send the photo as a file.
discord-message-foreign = This works only with your own messages, so that nobody makes a picture of somebody else. To use another photo, send it with /avatar.
discord-message-empty = There is no picture in this message. Send your photo with /avatar.
discord-about-member = This is about { $name }.
discord-arrives-note = This message soon stops updating. When your picture is ready, a note without your name appears in this channel; its button shows the picture to you alone. You also find it with /queue.
discord-arrives-dm = This message soon stops updating. When your picture is ready, you get it by direct message if you allow them. For { $hours } hours you also find it with /queue.
discord-arrives-queue = This message soon stops updating. When your picture is ready, pick it up with /queue; we keep it for { $hours } hours.
discord-note-stranger = This picture waits for the person who asked for it. To get one of your own, use /avatar.
discord-share-here = Pictures can be shared only in a server that has this bot. You can still save this one.
discord-share-member = You may not send pictures in this channel, so it was not shared. To share it in another channel, open it there with /queue.
discord-share-bot = This bot may not send pictures in this channel, so it was not shared. Ask a moderator to give the bot “Attach Files” here, or open it in another channel with /queue.
discord-share-failed = Discord did not take the picture, so it was not shared. Please try again later.
discord-unshare-later = But the shared picture still stands there for now: Discord did not let us remove it. We keep trying until it is gone.
discord-delete-copy-left = A copy may still stand in your direct messages: Discord did not let us remove it just now. Please press “Delete” there, too.
discord-forget-screen = Messages that only you can see stay on your screen until you reload Discord. Direct messages from this bot are being removed now; if some are still there in a few minutes, please press “Forget me” once more.
discord-unexpected = Something went wrong on our side. Please look at /queue, then try again.
discord-name-avatar = avatar
discord-name-avatar-style = style
discord-name-avatar-photo = photo
discord-name-avatar-likeness = likeness
discord-name-avatar-hair = hair
discord-name-avatar-glasses = glasses
discord-name-avatar-mood = mood
discord-name-avatar-beard = beard
discord-name-avatar-skin = skin
discord-name-avatar-colour = colour
discord-name-styles = styles
discord-name-queue = queue
discord-name-settings = settings
discord-name-privacy = privacy
discord-name-help = help
discord-name-room = room
discord-name-block = block
discord-name-block-member = member
discord-name-unblock = unblock
discord-name-unblock-member = member
discord-name-avatar-from-message = Make an avatar from this picture
discord-part = { $label } ({ $part }/{ $parts })
discord-wall-choose = Choose a style here
discord-cut = Not shown here: { $count } more lines.
discord-too-large = This file is larger than Discord lets us send here, so it cannot be shown. Please tell whoever runs this bot.
discord-share-in-server = To share this picture, open it in the server with /queue.
discord-shared-by = { $name } shared this picture.
discord-note = A picture is ready for whoever asked for it. Only they can open it.
discord-note-open = Show it to me
discord-photo-title = Your photo, once more
discord-photo-text = Your photo goes through Discord to the bot; no other member sees it. We erase our copy the moment the picture is finished. If you cannot add a file here, close this window and use /{ $command } with your photo.
discord-share-title = Share this picture
discord-share-text = Everybody in this channel will see this picture, posted by the bot. Your name is not shown, unless you tick the box below. You can take it back later, but somebody may have saved it by then.
discord-share-named = Show my name in this server under it
discord-unreachable = Discord cannot be reached just now ({ $problem }). Check the connection to the internet, or try again later.
discord-share-named-as = It would say: { $name } shared this picture.
discord-message-stays = Your message with the photo is still in the channel, where everybody can see it. Delete it there if you do not want that.
discord-privacy = Discord itself receives every photo and picture that goes through it. How long it keeps them we do not know.
discord-share-unknown = This picture could not be shared just now. Should it show up in a channel all the same, we remove it as soon as Discord lets us.

## Telegram
telegram-cut = Not shown here: { $count } more lines.
telegram-pointer = Pictures are made in private. Press the button: nobody in this group sees what you do there.
telegram-pointer-answer = The answer comes in private. Press the button: nobody in this group sees it.
telegram-pointer-open = Open the private chat
telegram-photo-removed = The photo that was posted here is removed, so that not everybody sees it. Send it in the private chat instead.
telegram-photo-stays = Everybody in this group can see your photo, and this bot may not delete it. Please delete it yourself, and send it in the private chat instead.
telegram-done = Done. What was decided stands in the log of decisions in /room.
telegram-member-reply = Send { $typed } in the group as a reply to a message of the member you mean.
telegram-about-member = This is about { $name }.
telegram-welcome = This chat is private. You are here for “{ $title }”.
telegram-welcome-how = Send a photo now, or make a picture without one. The styles and the daily limit of that group hold here. The group sees a picture only if you share it.
telegram-welcome-draw = Draw without a photo
telegram-welcome-choose = Choose style and looks
telegram-start = We make you a profile picture that is yours and does not give you away.
telegram-start-how = Send a photo now, or make a picture without one. Nobody else sees this chat.
telegram-start-groups = For a picture that you can share in a group, write { $typed-avatar } in that group (tap to copy) and press the button that appears. /help shows what else you can do.
telegram-link-expired = This link is too old: it is good for an hour. Send the command in the group once more and press the new button. Or go on here, just for yourself: send a photo or /avatar.
telegram-link-broken = This link does not work. Send the command in the group once more and press the new button. Or go on here, just for yourself: send a photo or /avatar.
telegram-link-not-member = This link belongs to a group that you are not a member of, so its styles are not for you. You can go on here, just for yourself: send a photo or /avatar.
telegram-room-in-group = This works for a group. Send { $typed } in the group and press the button that appears; it brings you back here.
telegram-lost = We understand only photos and commands. Send a photo to make a picture of it, or /avatar to make one without. /help shows what else you can do.
telegram-album = You sent several photos at once. We use the first one and leave the others alone.
telegram-photo-gone = Telegram no longer has this photo. Please send it once more.
telegram-photo-slow = Telegram took too long to hand us your photo, so nothing happened and nothing was counted. Please send it once more.
telegram-photo-reply = Send the photo as a reply to this message, and we go on by ourselves.
telegram-message-foreign = This works only with your own photos, so that nobody makes a picture of somebody else. Send your photo here instead.
telegram-message-empty = There is no photo in that message. Reply to one of your photos, or send your photo here.
telegram-unexpected = Something went wrong on our side. Please look at /queue, then try again.
telegram-too-large = This file is larger than Telegram lets us send, so it cannot be shown. Please tell whoever runs this bot.
telegram-more-buttons = More to choose from:
telegram-as-file = Get it as a file
telegram-file = Your picture as a file, in full quality.
telegram-choose = What should it look like?
telegram-choose-how = Choose what matters to you; the rest we choose for you. Then press “Draw it”.
telegram-choose-photo = With a photo: swipe this message (or choose “Reply”), attach the photo and send it. A photo sent on its own is drawn without these choices.
telegram-choose-any = No preference
telegram-choose-draw = Draw it
telegram-word-unknown = “{ $word }” is not something we know here. Choose with the buttons instead.
telegram-word-like = “{ $word }” is not something we know here. Did you mean: { $matches }? Choose with the buttons.
telegram-word-ambiguous = “{ $word }” can mean several things: { $matches }. Choose with the buttons.
telegram-word-twice = You asked for more than one thing for “{ $name }”. Choose one with the buttons.
telegram-share-ask = Everybody in the group will see this picture, posted by the bot. You can take it back later, but somebody may have saved it by then.
telegram-share-nameless = Share without my name
telegram-share-named = Share as “{ $name }”
telegram-share-frame = 🖼 A member shares a picture …
telegram-shared-by = { $name } shared this picture.
telegram-taken-back = This picture was taken back.
telegram-share-in-group = It cannot be shared in a group from here: send { $typed-avatar } there for one that can.
telegram-share-gone = The group cannot be reached, so the picture was not shared: perhaps the bot was removed from it. Ask somebody who moderates it to add the bot again.
telegram-share-not-member = You are no longer a member of that group, so the picture was not shared. You can keep it, or make one for another group: send { $typed-avatar } there.
telegram-share-no-photos = You may not send photos in that group, so the picture was not shared. Ask an administrator of the group, or save the picture for yourself.
telegram-share-bot-may-not = This bot may not send photos in that group, so the picture was not shared. An administrator can allow it.
telegram-share-failed = Telegram did not take the picture, so it was not shared. Please try again later.
telegram-share-unknown = This picture could not be shared just now. Should it show up in the group all the same, we remove it as soon as Telegram lets us.
telegram-unshare-old = The group has become a supergroup since, and Telegram lets no bot reach what was posted before. Ask an administrator to delete the picture there.
telegram-unshare-later = But the shared picture is still in the group for now: Telegram did not let us remove it. We keep trying until it is gone.
telegram-forget-screen = What this bot wrote here lately is being deleted now. The rest, your own photos and commands too, stays with Telegram until you delete it: open the menu of this chat and choose “Delete chat”.
telegram-privacy = Your photo and our pictures also stand in this chat until you delete them there. Telegram itself receives every photo and picture that goes through it. How long it keeps them we do not know. From which group you came we remember for a day, encrypted.
telegram-help-photo = You can also just send a photo: we make a picture of it. Sent as a file, it keeps its full quality.
telegram-help-words = You can write what you want after the command, or under a photo, for example: /avatar { $example }
telegram-help-group = In a group, send { $typed-avatar } there and press the button: it brings you here, and nobody in the group sees the rest.
telegram-token = Telegram does not accept the bot’s token. Copy it anew from @BotFather (/mybots, API Token) into the setting telegram_token (BPP_TELEGRAM_TOKEN).
telegram-unreachable = Telegram cannot be reached just now ({ $problem }). Check the connection to the internet, or try again later.
telegram-listen = The address for Telegram’s webhook cannot be opened ({ $listen }): { $problem }. Stop what uses it, or choose another one with the setting telegram_listen (BPP_TELEGRAM_LISTEN).
telegram-wall-order = The buttons are in the order of the pictures above. Tap a picture to see it large, with its name.
telegram-share-unsure = Telegram does not tell this bot who belongs to that group, so the picture was not shared. It works once the bot is an administrator there.
telegram-rights-unknown = Telegram does not tell us just now who moderates that group, so nothing was done. Please try again in a moment.
telegram-not-done = That did not work, so nothing has changed. Please try again later.
telegram-some-group = your group
telegram-own-action-share = Share in the group
telegram-own-share-done = Shared: everybody in the group can see this picture now.
telegram-own-help-privacy = Only you see this chat. A group sees a picture of yours only after you press “Share in the group”.
telegram-own-room-scope = What you change here, and “Pause” too, holds in every topic that has no rules of its own.
telegram-own-channel-headline = In this topic, members can ask for pictures.
telegram-own-channel-paused = This topic is PAUSED: nobody can ask for pictures. What was in line is still drawn.
telegram-own-channel-scope = What you change here holds in this topic alone. Blocks, and how many pictures a member has made today, count in all topics together.
telegram-own-action-channel-own = Own rules for this topic
telegram-own-action-channel-follow = Drop this topic’s own rules
telegram-own-log-here = { $what } (this topic)
telegram-own-log-elsewhere = { $what } (another topic)
telegram-own-block-done = Blocked: member { $tag } can no longer make or share pictures in that group. To undo, choose “Unblock a member” in /room.
telegram-own-block-taken-back = { $count ->
    [0] They had shared nothing there.
    [one] The picture that they had shared there is taken back.
   *[other] The { $count } pictures that they had shared there are taken back.
}
telegram-own-unblock-done = Unblocked: member { $tag } can make pictures in that group again.
telegram-own-unblock-not = Nothing changed: member { $tag } was not blocked in that group.
telegram-own-language-auto = As in Telegram
telegram-own-room-unblock-hint = The menu shows codes, not names. To unblock by name, send { $typed-unblock } in the group as a reply to a message of theirs.
telegram-too-many = That was a lot at once. We do what you sent first and leave the rest alone: please send it again in a moment.
telegram-photo-earlier = To use a photo of yours, send it in the private chat.
telegram-photo-still = Everybody in this group can still see your photo: Telegram has not let us delete it so far. Please delete it yourself, and send it in the private chat instead.
telegram-for-group = For “{ $title }”.
telegram-for-alone = For yourself, without a group.
telegram-other-groups = Pictures for other groups are listed there: send { $typed-queue } in that group and press the button.
telegram-share-done-in = Shared in “{ $title }”: everybody there can see this picture now.
telegram-own-settings-headline = Your settings
telegram-own-result-kept-photo = Our copies: photo already erased, picture kept for { $hours } hours.
telegram-own-result-kept = We keep our copy of this picture for { $hours } hours.
telegram-own-job-cancelled-photo = Cancelled, and our copy of your photo is erased. It does not count towards your daily limit.
telegram-own-photo-again = We no longer have your photo, and it is not in this chat any more. Send it once more to go on.
telegram-choose-photo-there = Your photo above is used.
telegram-style-forbidden = The style “{ $style }” is not allowed in this group. Choose another one with the buttons.
telegram-share-ask-in = Everybody in “{ $title }” will see this picture, posted by the bot. You can take it back later, but somebody may have saved it by then.
telegram-photo-answer = Answer this message with your photo: swipe it, attach the photo, send.
telegram-own-room-paused-partly = PAUSED, but not in topics with rules of their own. What was in line is still drawn.
telegram-own-room-parts = Topics with rules of their own: { $count }, paused by these: { $paused }
telegram-share-topic-closed = That topic is closed, so the picture was not shared. Once it is open again, you can share it there; or save it for yourself.
telegram-share-frame-left = Telegram did not answer, so the picture was not shared. Should “A member shares a picture …” stay in the group: there is no picture in it, and an administrator can delete it. Please try again later.
telegram-unshare-refused = But the shared picture is still in the group: Telegram does not let this bot remove it. Ask an administrator of the group to delete it. We go on trying for 30 days.
telegram-share-ask-topic = Everybody in “{ $title }” will see this picture, posted by the bot in the topic where you asked. You can take it back later, but somebody may have saved it by then.
telegram-too-late = This came while the bot could not answer, and that was a while ago, so nothing was done. If you still want it, please do it once more.
telegram-visit-over = You are no longer here for a group: that ends after a day. For a picture for the group, send { $typed-avatar } there again. What you make here now is for yourself alone.
telegram-visit-not-member = You are no longer a member of the group for which you were here. What you make here now is for yourself alone.
telegram-pointer-room = Open the room settings
telegram-choose-line = The same in words:
telegram-own-styles-headline = These styles are allowed. Choose one and we draw you a figure in it. For a photo: send it with /avatar and the style’s name as its caption.
telegram-own-refused-figure = This picture was drawn without a photo, so its likeness cannot be changed. Send a photo instead.
telegram-room-no-delete = This bot may not delete messages here: photos that are posted in the group by mistake stay.
error-picture-unsafe = What was painted is not fit to be shown, so it was thrown away. Please try again or choose other words.
note-picture-left-out = { $count ->
    [one] A picture was not fit to be shown and was left out.
   *[other] { $count } pictures were not fit to be shown and were left out.
}
telegram-erased-copy = Our copy of this picture is erased. The one here stays until you delete it yourself. To make a new one, use /avatar.
telegram-share-waits = The bot may write in that group again in a moment. The picture is shared then; there is nothing you need to do.
avatar-about = In your own words
avatar-about-hint = What a painted picture should show, e.g. “a knight with a lantern, evening light”
avatar-quality = Quality
avatar-quality-hint = For painted styles: how much time the picture may take
quality-fast = fast
quality-balanced = balanced
quality-best = best
command-room-words = Painted pictures
command-room-words-hint = Rules for painted pictures: members’ own words, blocked words, safety check
room-words-block = Word to block
room-words-block-hint = A word or phrase; a star at its end blocks whatever begins with it
action-room-words = Painted pictures: words and check
action-words-allow = Allow members’ own words
action-words-forbid = Forbid members’ own words
action-room-word = Unblock a word
action-unchecked-allow = Allow unchecked pictures
action-unchecked-forbid = Only checked pictures
room-unchecked = Painted pictures are NOT checked before members see them. You allowed that.
room-unchecked-off = Painted styles are off: no safety checker is installed, so nothing looks at their pictures first. You decide under “Painted pictures”.
words-headline = Rules for painted pictures
words-on = Members may say in their own words what is to be painted.
words-off = Members may NOT use their own words for what is to be painted.
words-blocked = Words blocked here ({ $count }): { $words }
words-blocked-none = This room blocks no words of its own.
words-hint = A list of clearly sexual and violent words is blocked everywhere. To block a word more, use /room-words with that word; “rose*” also blocks “rosebud”.
checks-on = A safety checker looks at each painted picture before anybody sees it.
checks-off = No safety checker is installed, so nothing looks at painted pictures before members see them. Painted styles therefore stay off here until you allow them.
checks-off-allowed = No safety checker is installed, so nothing looks at painted pictures before members see them. You allowed them all the same.
refused-words-off = The moderators do not allow pictures in members’ own words here. Please leave your words out; nothing was counted.
refused-words-ours = One of your words is on the list that is blocked everywhere. Please choose others; nothing was counted.
refused-words-room = One of your words is on the list that this room’s moderators have blocked. Please choose others; nothing was counted.
refused-words-style = Only painted styles can follow your own words. Leave the style out, or choose a painted one with /styles.
refused-words-none = Only painted styles can follow your own words, and none is allowed here right now. Please leave your words out.
refused-unchecked = Painted styles are off here: nothing checks their pictures, and the moderators have not allowed that. Other styles work.
refused-word = That cannot be blocked: a word needs { $least } letters or more, and a star only at its end.
refused-words-many = This room blocks { $most } words already. Unblock one first.
log-words-on = allowed members’ own words
log-words-off = forbade members’ own words
log-word-blocked = blocked the word “{ $detail }”
log-word-unblocked = unblocked the word “{ $detail }”
log-checks-on = allowed only checked painted pictures
log-checks-off = allowed unchecked painted pictures
discord-name-avatar-about = about
discord-name-avatar-quality = quality
discord-name-room-words = room-words
discord-name-room-words-block = block
discord-erased-copy = Our copy of this picture is erased. The one that you still see stays until you delete or dismiss it. To make a new one, use /avatar.
web-erased-copy = The copy of this picture that was kept for you is erased. The one that you still see stays until you delete it or leave this page. To make a new one, use /avatar.
refused-unpaintable = The painting engine has tried this picture and did not get it done, so it stays as it is.
error-device-broken = This machine has the driver of a GPU (NVIDIA’s, or AMD’s beside a torch for ROCm), but torch can use no GPU. After an update of the driver restart the machine; give a container its GPU; `nvidia-smi` or `rocminfo` tells more. To paint on the processor all the same, which is slow, set: device = "cpu"

## Weights of the SDXL engine
error-model-missing = The painting engine lacks the weights “{ $model }”. Whoever runs this bot gets them with: bpp models pull { $model }
models-unknown = There are no weights called “{ $model }”. Possible: { $known }.
models-noncommercial = The licence of “{ $model }” ({ $licence }) does not permit to host a bot with it. If yours is allowed to, say so: --accept-noncommercial { $model }
models-space = There is too little room in { $folder }: { $needed } are needed, with what is kept free, and { $free } are there. Nothing was fetched.
models-disk-full = The disk of { $folder } ran full. Make room and run the same command again: it goes on where it stopped.
models-folder = The folder { $folder } cannot be used: { $problem }.
models-busy = Another pull is at work in { $folder }. Wait for it, or stop it.
models-source = “{ $source }” is neither the address of a mirror (https://…) nor a folder on this machine.
models-not-there = In { $folder } there is no { $file } of “{ $model }”. It is looked for under that id and under the name of its repository.
models-hub-refuses = { $host } does not give { $hub } to everyone ({ $status }). Fetch it there with your account, and then: bpp models pull --from FOLDER
models-hub-missing = { $host } has no { $file } in { $hub } at revision { $revision } ({ $status }).
models-hub-trouble = { $host } cannot hand out { $file } just now ({ $status }). Run the same command again later: it goes on where it stopped.
models-hub-unreachable = { $host } cannot be reached: { $problem }. Is there a network, or a mirror for --from?
models-hub-cut = The line was cut again and again in { $file }; { $got } of it are here. Run the same command again: it goes on there.
models-different = What came for { $file } is not what { $hub } holds, so it was thrown away. Run the same command again, or fetch from elsewhere with --from.
models-manifest = The list of models { $file } cannot be used. Look at “{ $key }”: { $reason }.
models-lock = The file { $file } cannot be understood. Put it back from a copy, or move it away: then nothing is known any more of weights without a fixed commit.
models-extra = The painting engine is not installed here. Install it with: pip install "bpp[sdxl]"
error-device = SDXL is to paint on “{ $device }”, and torch finds none here. Set BPP_DEVICE to auto, or install the torch that fits this machine.
error-lora-format = “{ $file }” cannot be read as a LoRA. Only .safetensors files in the ways of diffusers, peft and kohya are taken.
error-lora-base = The LoRA “{ $file }” was made for another model than SDXL: “{ $layer }” has no place here.
error-lora-kind = “{ $file }” is of a kind that is not taken ({ $kind }). Please use a plain LoRA.
error-lora-text = The LoRA “{ $file }” also changes how words are read, which is not taken. Please use one that was trained on the UNet alone.
error-lora-missing = The LoRA “{ $file }” is incomplete: half of “{ $layer }” is missing.
error-lora-broken = The LoRA “{ $file }” holds values that are no numbers. Please download it again.
error-lora-memory = The LoRA “{ $file }” does not fit: { $needed } MB are needed, and { $room } MB are set aside for LoRAs.
error-lora-weight = The weight of the LoRA “{ $file }” must lie between -10 and 10, and is { $weight }.
note-picture-broken = { $count ->
    [one] One picture came to nothing and was left out.
   *[other] { $count } pictures came to nothing and were left out.
}
note-quality-balanced = What “fast” needs is not installed here, so this was painted as “balanced”.

## Several pictures at once
avatar-pictures = Pictures
avatar-pictures-hint = How many at once, counted as one; you take the one that you like
pictures-count = { $count ->
    [one] 1 picture
   *[other] { $count } pictures
}
pictures-styles = 4 styles
pictures-styles-hint = One look in up to four styles, as many as are allowed
discord-name-avatar-pictures = pictures
job-drawing-grid = Drawing your { $count } pictures: { $percent }%. Style: { $style }.
grid-ready = { $count ->
    [one] Here is 1 picture. “Use” takes it. Style: { $style }.
   *[other] Here are { $count } pictures. “Use” takes the one that you like. Style: { $style }.
}
note-drawn-simple-grid =
    { $why ->
        [unchecked] Nobody checks painted pictures here before you see them, so these are drawings in { $style }.
        [lacking] The painting engine lacks what these styles need, so these are drawings in { $style }.
        [memory] The painting engine has too little memory for these pictures, so these are drawings in { $style }.
        [died] The painting engine could not finish these pictures, so these are drawings in { $style }.
       *[away] The painting engine is away, so these are drawings in { $style }.
    }
picture-grid = { $count ->
    [one] 1 picture with its number. Style: { $style }
   *[other] { $count } pictures with their numbers. Style: { $style }
}
action-use = Use { $number }
action-like = More like { $number }
action-four = Four at once
action-four-styles = In several styles
queue-grid = { $number }: { $count } pictures to choose from. Style: { $style }.
refused-grid = These are several pictures. Take one with “Use” first; then you can share it.
refused-like = It cannot go on from here. Take one of these, or press “Try again”.
refused-one-style = Only one style of this kind is allowed here, so there are no others to show beside it.
note-pictures-missing = { $count } pictures were left out: they came to nothing or were not fit to be shown.
refused-unpainted = This style is not painted here any more, so the picture stays as it is.

## More
note-still-grid = Several pictures at once do not move. Ask for one picture to get a moving one too.
note-still-painted = Painted pictures do not move, so you get this one only.
avatar-prop = { trait-prop }
avatar-prop-hint = Worn in the picture, on a photo, too; a mask hides part of the face
trait-prop = Prop
trait-prop-mask = Face mask
trait-prop-cap = Cap
trait-prop-headphones = Headphones
trait-prop-flowers = Flowers
note-prop-no-face = What you chose to wear needs a face, so it was left out.
discord-name-avatar-prop = prop
avatar-motion = Motion
avatar-motion-hint = Also as a GIF with a backdrop that shimmers, for chats that show moving avatars
discord-name-avatar-motion = motion
motion-still = still
motion-moving = moving
motion-moving-hint = Beside the picture you get a GIF; one picture at a time
action-moving = Get the moving one
moving-ready = Your picture, moving ({ $style }). Save the GIF and use it where moving avatars are shown; on Discord that takes Nitro.
picture-moving = Your avatar in the style { $style }, its backdrop shimmering
error-not-moving = There is no moving one of this picture. Ask for a new picture with “{ avatar-motion }: { motion-moving }”.
avatar-figure = { trait-figure }
avatar-figure-hint = Who is drawn where there is no photo; each goes with every style that has no figure of its own
trait-figure = Figure
trait-figure-bold = Bold lines
trait-figure-fine = Fine pen
trait-figure-sketch = Quick sketch
trait-figure-squares = Game sprite
trait-figure-creature = Creature
discord-name-avatar-figure = figure
note-own-figure = This style has a figure of its own, so the one you chose was not drawn. Every style that takes photos can draw it.
note-figure-photo = Your photo was drawn, so the figure that you chose was not. For the figure, ask again without a photo.
