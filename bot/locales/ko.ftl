# 한국어. 규칙: 무슨 일이 있었는지, 다음에 무엇을 하면 되는지 말해요. 자리표시자 뒤에는 받침에 따라 바뀌는 조사를 쓰지 않아요.

verbatim = { $text }

## Commands

command-avatar = 아바타
command-avatar-hint = 사진 없이도, 사진으로도 내 프로필 그림을 새로 만들어요
avatar-style = 스타일
avatar-style-hint = 그림의 느낌이에요. /styles 명령으로 모두 볼 수 있어요
avatar-photo = 사진
avatar-photo-hint = 원할 때만 보내세요. 다른 멤버에게는 보이지 않고, 그림이 완성되면 바로 지워져요
avatar-likeness = 닮은 정도
avatar-likeness-hint = 사진이 얼마나 드러나도 되는지 골라요
avatar-hair = { trait-hair }
avatar-hair-hint = 캐릭터 그림에 쓰여요. 비워 두면 알아서 골라 드려요
avatar-glasses = { trait-glasses }
avatar-glasses-hint = 캐릭터 그림에 쓰여요. 선글라스는 사진에도 씌워 눈을 가려요
avatar-mood = { trait-mood }
avatar-mood-hint = 캐릭터 그림에 쓰여요. 비워 두면 알아서 골라 드려요
avatar-beard = { trait-beard }
avatar-beard-hint = 캐릭터 그림에 쓰여요. 비워 두면 알아서 골라 드려요
avatar-skin = { trait-skin }
avatar-skin-hint = 캐릭터 그림에 쓰여요. 비워 두면 알아서 골라 드려요
avatar-colour = { trait-colour }
avatar-colour-hint = 옷과 배경의 색이에요
command-styles = 스타일
command-styles-hint = 여기서 쓸 수 있는 스타일을 모두 봐요
command-queue = 내 그림
command-queue-hint = 대기 순서를 보고, 취소하고, 완성된 그림을 다시 봐요
command-settings = 내 설정
command-settings-hint = 기본 스타일, 닮은 정도, 언어를 고르고 오늘 남은 횟수를 봐요
command-privacy = 개인정보
command-privacy-hint = 나에 대해 저장된 것을 보고, 내려받거나 지워요
command-help = 도움말
command-help-hint = 여기서 할 수 있는 일을 봐요
command-room = 방 설정
command-room-hint = 그림 규칙: 스타일, 하루 제한, 닮은 정도 제한, 일시 중지, 차단한 멤버, 결정 기록
command-block = 차단
command-block-hint = 멤버가 여기서 그림을 만들거나 공유하지 못하게 하고, 공유한 그림은 공유를 취소해요
block-member = 멤버
block-member-hint = 차단할 사람
command-unblock = 차단 해제
command-unblock-hint = 차단한 멤버가 여기서 다시 그림을 만들 수 있게 해요
unblock-member = 멤버
unblock-member-hint = 차단을 풀 사람

## Traits of a drawn figure

trait-hair = 머리
trait-hair-bald = 민머리
trait-hair-short = 짧은 머리
trait-hair-curly = 곱슬머리
trait-hair-afro = 아프로 머리
trait-hair-long = 긴 머리
trait-hair-bun = 올림머리
trait-hair-covered = 스카프나 터번
trait-hair-hat = 모자
trait-glasses = 안경
trait-glasses-none = 안경 없음
trait-glasses-round = 둥근 안경
trait-glasses-square = 네모난 안경
trait-glasses-shades = 선글라스
trait-mood = 표정
trait-mood-happy = 행복한 표정
trait-mood-calm = 차분한 표정
trait-mood-cheeky = 장난스러운 표정
trait-mood-serious = 진지한 표정
trait-mood-surprised = 놀란 표정
trait-mood-dreamy = 꿈꾸는 표정
trait-beard = 수염
trait-beard-none = 수염 없음
trait-beard-moustache = 콧수염
trait-beard-goatee = 턱수염
trait-beard-full = 덥수룩한 수염
trait-skin = 피부색
trait-skin-lightest = 아주 밝은 색
trait-skin-light = 밝은 색
trait-skin-medium = 중간 색
trait-skin-tan = 구릿빛
trait-skin-brown = 갈색
trait-skin-dark = 짙은 색
trait-colour = 색
trait-colour-red = 빨강
trait-colour-orange = 주황
trait-colour-yellow = 노랑
trait-colour-green = 초록
trait-colour-teal = 청록
trait-colour-blue = 파랑
trait-colour-purple = 보라
trait-colour-pink = 분홍
trait-colour-grey = 회색

## Likeness

likeness-none = 사진 없이
likeness-none-hint = 캐릭터 그림이에요. 사진은 쓰지 않아요
likeness-hint = 아주 조금
likeness-hint-hint = 색과 자세만 나를 닮고 얼굴은 다른 사람이에요
likeness-somewhat = 어느 정도
likeness-somewhat-hint = 사촌처럼 닮아요. 머리 모양과 자세는 그대로, 얼굴은 조금 달라져요
likeness-clear = 분명히 나
likeness-clear-hint = 아는 사람은 알아볼 거예요

## Languages

language-auto = 브라우저나 앱의 언어 그대로
language-en = English
language-ko = 한국어

## A job on its way

job-waiting = { $place ->
    [1] 바로 다음 순서예요. 예상 시간: { $duration }. 스타일: { $style }.
   *[other] 대기 순서: { $place }번째. 예상 시간: { $duration }. 스타일: { $style }.
}
job-drawing = 그림을 그리고 있어요: { $percent }%. 스타일: { $style }.
job-cancelled = 취소했어요. 하루 횟수에는 포함되지 않아요.
job-cancelled-photo = 취소했고, 사진도 지웠어요. 하루 횟수에는 포함되지 않아요.
job-erased = 이 그림은 지워졌어요. 새로 만들려면 /avatar 명령을 써 주세요.
job-free = 하루 횟수에는 포함되지 않아요.
duration-seconds = 약 { $count }초
duration-minutes = 약 { $count }분
duration-hours = 약 { $count }시간
cancel-late = 이미 완성되어 취소할 수 없었어요. 아래에서 그림을 삭제할 수 있어요.
photo-again = 약속한 대로 그림이 완성될 때 사진을 지웠어요. 계속하려면 사진을 한 번 더 보내 주세요.

## A finished picture

result-ready = 그림이 완성됐어요. 스타일: { $style }.
result-likeness = 닮은 정도: { $level }.
result-photo = { $likeness } { $trace }
result-shared = 공유 중인 그림이에요. 공유한 곳의 모두가 볼 수 있어요. ‘공유 취소’ 버튼으로 내릴 수 있어요.
result-kept = 이 그림은 { $hours }시간 동안 보관해요.
result-kept-photo = 사진은 이미 지웠어요. 이 그림은 { $hours }시간 동안 보관해요.
trace-none = 사진 흔적: 없음. 그래도 완전한 익명을 보장하지는 않아요. 나를 아는 사람은 알아볼 수도 있어요.
trace-low = 사진 흔적: 적음. 그래도 완전한 익명을 보장하지는 않아요. 나를 아는 사람은 알아볼 수도 있어요.
trace-medium = 사진 흔적: 중간. 보장할 수는 없어요. 나를 아는 사람은 알아볼 가능성이 커요.
trace-high = 사진 흔적: 많음. 아는 사람은 알아본다고 보시면 돼요.
note-ceiling = 여기서 관리자가 허용한 최대 닮은 정도는 ‘{ $level }’ 단계라서, 거기에 맞춰 그려요.
note-photo-unused = 닮은 정도가 ‘사진 없이’ 단계라서 캐릭터를 그려요. 보낸 사진은 쓰지도 보관하지도 않았어요.
note-photo-forbidden = 여기서는 사진을 쓸 수 없어서 캐릭터를 그려요. 보낸 사진은 쓰지도 보관하지도 않았어요.
note-drawn-simple =
    { $why ->
        [unchecked] 여기서는 완성된 그림을 미리 검사할 수 없어서 { $style } 스타일로 간단히 그렸어요.
        [lacking] 이 스타일에 필요한 파일이 그림 엔진에 없어서 { $style } 스타일로 간단히 그렸어요.
        [memory] 그림 엔진의 메모리가 부족해서 { $style } 스타일로 간단히 그렸어요.
        [died] 그림 엔진이 이 그림을 끝내지 못해서 { $style } 스타일로 간단히 그렸어요.
       *[away] 그림 엔진이 자리를 비워서 { $style } 스타일로 간단히 그렸어요.
    }
picture-avatar = 나의 새 아바타. 스타일: { $style }
picture-preview = 아바타 미리보기. 스타일: { $style }
picture-shared = 멤버의 아바타
picture-style = 예시 그림. 스타일: { $style }

## Buttons

action-again = 다시 그리기
action-paint = 제대로 그리기
action-more = 나와 더 닮게
action-less = 나와 덜 닮게
action-other = 다른 스타일
action-share = 여기에 공유
action-unshare = 공유 취소
action-unshare-number = { $number } 공유 취소
action-save = 기본으로 저장
action-delete = 삭제
action-cancel = 취소
action-cancel-number = { $number } 취소
action-show = { $number } 보기
action-draw = 이 스타일로 그리기
action-photo-again = 사진 다시 보내기
action-set-style = 기본 스타일
action-set-likeness = 기본 닮은 정도
action-set-language = 언어
action-export = 내 데이터 내려받기
action-forget = 내 정보 모두 지우기
action-forget-yes = 네, 모두 지워 주세요
action-back = 뒤로
action-pause = 일시 중지
action-resume = 다시 시작
action-room-style = 스타일 허용 또는 금지
action-room-quota = 멤버별 하루 그림 수
action-room-ceiling = 닮은 정도 제한
ceiling-none = 제한 없음
room-ceiling-none = 닮은 정도 제한: 없음
action-room-unblock = 멤버 차단 해제
action-room-log = 결정 기록

## Answers

styles-headline = 여기서 쓸 수 있는 스타일이에요. 하나를 고르면 그 스타일로 캐릭터를 그려 드려요. 사진으로 만들려면 /avatar 명령을 써 주세요.
other-headline = 어떤 스타일로 그릴까요? 하나를 고르면 바로 그려요.
share-done = 공유했어요. 이제 여기 있는 모두가 이 그림을 볼 수 있어요.
unshare-done = 공유를 취소했어요. 그림은 더는 보이지 않아요. 그 사이에 누군가 저장했을 수는 있어요.
save-done = 저장했어요. 다음 그림은 이 스타일로 시작해요: { $style }.
save-done-photo = 저장했어요. 다음 그림은 이 스타일로 시작해요: { $style }. 닮은 정도: { $level }.
queue-headline = { $open ->
    [0] { $kept ->
        [0] 아직 여기서 만든 그림이 없어요. /avatar 명령으로 만들어 보세요.
       *[other] 대기 중인 그림은 없어요. 보관하거나 공유 중인 완성 그림: { $kept }개.
    }
   *[other] 대기 중인 내 그림: { $open }개. 보관하거나 공유 중인 완성 그림: { $kept }개.
}
queue-waiting = { $number }: 대기 { $place }번째, 예상 시간: { $duration }. 스타일: { $style }.
queue-drawing = { $number }: 지금 그리고 있어요. 스타일: { $style }.
queue-done = { $number }: 완성됐어요. 스타일: { $style }.
queue-shared = { $number }: 공유 중이에요. 여기에 보관하던 그림은 지웠어요. 스타일: { $style }.
queue-more = 여기에 보이지 않는 그림: { $count }개.
settings-headline = 여기서 쓰는 내 설정
settings-style = 기본 스타일: { $style }
settings-style-auto = 자동
settings-style-auto-hint = 보낸 것에 어울리는 스타일을 골라요
settings-likeness = 사진을 보낼 때 기본 닮은 정도: { $level }
settings-language = 언어: { $language }
settings-left = 오늘 남은 그림: { $daily }개 중 { $left }개. 한 번에 여러 장도 1개로 세요. 매일 자정(UTC, 한국 시간 오전 9시)에 새로 시작해요.
help-headline = 나만의 프로필 그림을 만들어 드려요. 내가 누구인지는 드러나지 않게요.
help-line = /{ $command }: { $hint }
help-moderator = 관리자용:
help-privacy = 여기의 답변은 나에게만 보여요. 그림은 ‘여기에 공유’ 버튼을 누른 뒤에만 다른 사람에게 보여요.

## Privacy

privacy-headline = 나에 대해 저장된 것
privacy-photo = 사진: 그림이 대기하고 그려지는 동안에만 암호화해서 보관해요. 그림이 완성되거나, 취소되거나, 실패하는 순간 지워요.
privacy-avatar = 그림: 나에게 전달될 때까지, 그리고 그 뒤 { $hours }시간 동안 암호화해서 보관하고, 그동안 버튼을 쓸 수 있어요. 직접 삭제하면 바로 지워요. 여기서 만들어 지금 보관 중인 그림: { $count }개.
privacy-who = 내가 누구인지: 이름이나 번호 대신 코드만 저장해요. 그림을 어디로 보낼지는 보내는 동안에만 암호화해서 보관하고, 전달하면 지워요.
privacy-settings = 내 설정과 오늘 만든 그림 수를 보관해요. 무엇을 요청했는지는 사진과 그림 없이 목록으로만 { $days }일 동안 보관해요. 업데이트나 복원 전에 만드는 사본은 { $copies }일 뒤에 지워요.
privacy-share = 공유한 그림은 공유를 취소할 때까지 공유한 곳에 남고, 그 요청도 목록에 남아요. 다른 사람이 저장했을 수도 있어요.
privacy-likeness = 그림으로 바꿔도 완전한 익명을 보장하지는 않아요. 나를 아는 사람은 알아볼 수도 있어요. 사진으로 만든 그림마다 사진이 얼마나 남아 있는지(‘사진 흔적’: 없음, 적음, 중간, 많음) 알려 드려요.
export-done = 나에 대해 저장된 모든 것이 이 파일에 들어 있어요.
forget-confirm = 나에 대한 모든 것을 지울까요? 되돌릴 수 없어요.
forget-what = 대기 중인 그림은 취소되고, 모든 곳에서 내 그림과 설정이 지워지며, 공유한 그림은 공유가 취소돼요.
forget-done = 다 됐어요. 방금 지운 것:
forget-stays = 두 가지는 남아요. 하루 제한을 지키기 위한 오늘의 그림 수는 자정(UTC, 한국 시간 오전 9시)까지, 관리자의 차단은 있다면 그대로 남아요. 최근에 봇을 업데이트했거나 복원했다면, 그 전에 만든 데이터베이스 사본(사진과 그림은 없음)은 { $days }일 뒤에 지워져요.
receipt-jobs = 그림 요청: { $count }개
receipt-photos = 사진: { $count }장
receipt-avatars = 그림: { $count }개
receipt-preferences = 설정: { $count }개
receipt-messages = 아직 전달되지 않은 메시지: { $count }개
receipt-decisions = 결정 기록 속 내 표시: { $count }개
receipt-charges = 더는 필요 없는 횟수 기록: { $count }개
kept-charges = 남는 것: 오늘 만든 그림 수({ $count }개). 하루 제한을 지키기 위해 자정(UTC, 한국 시간 오전 9시)까지 남아요.
kept-blocks = 남는 것: 관리자의 차단 { $count }개.
privacy-moderator = 관리자로서: 내 결정은 이름 대신 코드로 결정 기록에 { $days }일 동안 남아요.
receipt-nothing = 없어요. 저장된 것이 아무것도 없었어요.

## Moderators

room-headline = 멤버가 그림을 요청할 수 있어요.
room-paused = 일시 중지 상태예요. 새 그림은 요청할 수 없고, 대기 중이던 그림은 마저 그려요.
room-styles = 허용된 스타일: { $all }개 중 { $allowed }개
room-quota = 멤버별 하루 그림 수: { $daily }개 (한 번에 여러 장도 1개로 세요)
room-ceiling = 닮은 정도 제한: { $level }
room-blocked = 차단한 멤버: { $count }명
room-unblock-hint = 메뉴에는 이름 대신 코드가 보여요. 이름으로 풀려면 /unblock 명령을 써 주세요.
room-style-allow = 허용하기: { $style }
room-style-forbid = 금지하기: { $style }
room-quota-option = 하루 { $count }개
block-done = 차단했어요: { $tag }. 이제 이 멤버는 여기서 그림을 만들거나 공유할 수 없어요. 되돌리려면 /unblock 명령을 써 주세요.
block-taken-back = { $count ->
    [0] 여기에 공유한 그림은 없었어요.
   *[other] 여기에 공유했던 그림은 모두 공유를 취소했어요: { $count }개.
}
unblock-done = 차단을 풀었어요: { $tag }. 이 멤버는 다시 여기서 그림을 만들 수 있어요.
unblock-not = 바뀐 것이 없어요. 여기서 차단되어 있지 않은 멤버예요: { $tag }.
log-headline = 관리자의 결정, 최신순 (UTC, 한국 시간보다 9시간 늦어요)
log-empty = 아직 결정이 없어요.
log-line = { $when }, { $who }: { $what }
log-you = 나
log-moderator = 관리자 { $tag }
log-style-allowed = 스타일 허용: { $detail }
log-style-forbidden = 스타일 금지: { $detail }
log-quota = 하루 그림 수: { $detail }
log-ceiling = 닮은 정도 제한: { $detail }
log-paused = 새 그림 일시 중지
log-resumed = 새 그림 다시 허용
log-block = 멤버 차단: { $detail }
log-unblock = 멤버 차단 해제: { $detail }
channel-headline = 이 채널에서는 멤버가 그림을 요청할 수 있어요.
channel-paused = 이 채널은 일시 중지 상태예요. 새 그림은 요청할 수 없고, 대기 중이던 그림은 마저 그려요.
channel-scope = 여기서 바꾸는 규칙은 이 채널에만 적용돼요. 차단과 오늘 만든 그림 수는 모든 채널에 함께 적용돼요.
room-scope = 여기서 바꾸는 규칙과 ‘일시 중지’는 규칙을 따로 정하지 않은 모든 채널에 한꺼번에 적용돼요.
action-channel-own = 이 채널만의 규칙 정하기
action-channel-follow = 이 채널만의 규칙 없애기
log-here = { $what } (이 채널)
log-elsewhere = { $what } (다른 채널)
log-parted = 규칙을 따로 정함
log-rejoined = 따로 정한 규칙을 없앰
room-paused-partly = 일시 중지 상태예요. 규칙을 따로 정한 채널은 제외예요. 대기 중이던 그림은 마저 그려요.
room-halted = 모든 곳이 일시 중지 상태예요. 새 그림은 요청할 수 없고, 대기 중이던 그림은 마저 그려요.
room-lift = ‘모두 일시 중지 풀기’ 버튼을 누르면 여기와 다른 모든 곳이 그 전의 규칙으로 돌아가요.
room-parts = 규칙을 따로 정한 채널: { $count }개, 그 규칙으로 일시 중지한 채널: { $paused }개
action-halt = 모두 일시 중지
action-lift = 모두 일시 중지 풀기
log-halted = 모든 곳에서 새 그림 일시 중지
log-lifted = 모두 일시 중지를 풂
error-plan = “{ $plan }” 설정은 없어요. 다음 중에서 골라 주세요: { $plans }.
error-scheduler = “{ $scheduler }” 스케줄러는 없어요. 다음 중에서 골라 주세요: { $schedulers }.
error-preset = “{ $style }” 스타일이 “{ $preset }” 품질에서 쓸 수 없는 값을 써요 ({ $setting }).
error-strength = { $steps }단계에서 강도 { $strength }로는 사진이 그대로 남아요. 더 높여 주세요.
error-model-broken = “{ $model }” 가중치를 읽을 수 없어요. 다음을 실행해 주세요: bpp models verify
note-memory-batch = 메모리가 부족해서 한 장씩 차례로 그렸어요.
note-memory-tiles = 메모리가 부족해서 조각으로 나눠 그렸어요. 이음새가 희미하게 보일 수 있어요.
note-memory-offload = 메모리가 부족해서 더 오래 걸렸어요.
note-memory-small = 메모리가 부족해서 작게 그린 뒤 키웠어요.

## A rule says no

refused = 여기서는 할 수 없어요. 아무것도 바뀌지 않았고 횟수에도 포함되지 않아요.
refused-moderator = 여기서는 관리자만 할 수 있어요. 아무것도 바뀌지 않았어요.
refused-no-style = 지금 여기서 쓸 수 있는 스타일이 없어요. 관리자에게 물어봐 주세요.
refused-style = 여기서는 그 스타일을 쓸 수 없어요. /styles 명령으로 쓸 수 있는 스타일을 볼 수 있어요.
refused-share-style = 관리자가 여기서 이 스타일을 금지해서 공유할 수 없어요. 혼자 간직하는 것은 괜찮아요.
refused-share-likeness = 여기서 관리자가 허용한 것보다 사진과 더 닮을 수 있는 그림이라서 공유할 수 없어요. 혼자 간직하는 것은 괜찮아요.
refused-figure = 사진 없이 그린 그림이라 닮은 정도를 바꿀 수 없어요. /avatar 명령으로 사진을 보내 주세요.
refused-most = 지금보다 더 닮게 할 수는 없어요.
refused-painted = 이미 제대로 그린 그림이에요.
refused-away = 그림 엔진이 지금 자리를 비웠어요. 이 그림은 그대로 있으니 나중에 다시 눌러 주세요.
refused-ceiling = 여기서는 관리자가 이보다 더 닮은 그림을 허용하지 않아요.
refused-last-style = 마지막으로 허용된 스타일이라 그대로 두었어요. 새 그림을 모두 멈추려면 ‘일시 중지’ 버튼을 눌러 주세요.
refused-block-self = 자기 자신은 차단할 수 없어요. 아무것도 바뀌지 않았어요.

## Errors

error-unexpected = 저희 쪽에서 문제가 생겼어요. 다시 시도해 주세요. 또 그러면 이 봇을 설치한 분에게 이 번호를 알려 주세요: { $reference }.
error-storage = 지금은 아무것도 저장할 수 없어서, 아무 일도 일어나지 않았고 횟수에도 포함되지 않아요. 몇 분 뒤에 다시 시도하거나 이 봇을 설치한 분에게 알려 주세요.
error-slow = 시간이 너무 오래 걸렸어요. /queue 명령으로 확인해 주세요. 대기 중이라면 그림이 곧 도착해요. 없다면 다시 시도해 주세요.
error-command = 모르는 명령이에요. /help 명령으로 할 수 있는 일을 볼 수 있어요.
error-button = 너무 오래된 버튼이라 쓸 수 없어요. /avatar 명령으로 다시 시작하거나 /help 명령을 봐 주세요.
error-argument = ‘{ $name }’ 항목을 이해하지 못했어요. 확인하고 다시 시도해 주세요.
error-argument-missing = ‘{ $name }’ 항목이 빠졌어요. 추가해서 다시 시도해 주세요.
error-argument-unknown = /{ $command } 명령에 없는 옵션이 있어요. 제시된 옵션 중에서 골라 주세요.
error-choice = ‘{ $name }’ 항목에 쓸 수 없는 값이에요. 가능한 값: { $possible }.
error-number = ‘{ $name }’ 항목은 { $least }부터 { $most }까지의 정수여야 해요.
error-likeness = 없는 단계예요. 제시된 것 중에서 골라 주세요.
error-gone = 이제 여기에 없거나, 본인의 것이 아니에요. /queue 명령으로 내 그림을 볼 수 있어요.
error-no-picture = 공유할 완성된 그림이 없어요. /queue 명령으로 진행 상황을 볼 수 있어요.

## Installing and starting

config-invalid = “{ $setting }” 설정이 올바르지 않아요: { $problem }. 환경 변수(BPP_…)나 설정 파일에서 고쳐 주세요.
config-unreadable = 설정 파일 { $file } 파일을 읽을 수 없어요: { $problem }.
config-secret = { $file } 파일의 비밀 키를 쓸 수 없어요: { $problem }.
config-secret-open = { $file } 파일의 비밀 키를 다른 사용자가 읽을 수 있어요. 다음 명령을 실행해 주세요: chmod 600 { $file }
config-secret-broken = { $file } 파일에 { $bytes }바이트 비밀 키(16진수)가 없어요. 원래 키를 되돌려 놓거나, 예전 설정 없이 새로 시작하려면 파일을 옮겨 주세요.
config-engine-token = BPP_ENGINE_TOKEN이 없어요. 봇과 엔진 서버에 같은 값을 넣어 주세요.
config-no-platform = 연결할 채팅이 없어요. Discord라면 BPP_DISCORD_TOKEN, Telegram이라면 BPP_TELEGRAM_TOKEN을 설정하고, 로컬 방이라면 “bpp room”을 실행하세요.
config-no-token = 시험해 볼 봇이 없어요. 먼저 { $setting } 설정을 넣어 주세요.
file-unreadable = { $file } 파일을 읽을 수 없어요: { $problem }.
file-unwritable = { $file } 파일에 쓸 수 없어요: { $problem }.

## The local room

web-title = BPP 방
web-room-name = 우리 방
web-skip = 메시지 입력란으로 건너뛰기
web-no-script = 이 방은 자바스크립트가 필요해요. 이 페이지에서 켠 다음 새로고침해 주세요.
web-no-cookie = 이 방은 다시 알아보기 위해 쿠키가 하나 필요해요. 이 페이지에서 쿠키를 허용한 다음 새로고침해 주세요.
web-log = 메시지
web-composer = 메시지
web-composer-hint = 메시지 또는 /명령어
web-send = 보내기
web-commands-open = 명령어
web-commands = 명령어
web-photo-add = 사진 추가
web-people = 지금 방에 있는 사람
web-people-open = 방에 있는 사람: {"{$count}"}명
web-close = 닫기
web-cancel = 취소
web-you = 나
web-bot = BPP
web-bot-tag = 봇
web-shield = 관리자
web-private = 나에게만 보여요
web-shared = 새 그림을 공유했어요
web-shared-alt = {"{$name}"} 님의 새 프로필 그림
web-taken-back = 공유를 취소한 그림이에요.
web-face-alt = {"{$name}"} 님의 프로필 그림
web-welcome-title = 어서 오세요! 여기서는 ‘{"{$name}"}’ 님이에요.
web-welcome = 아무도 내가 누구인지 몰라요. 닉네임과 캐릭터는 무작위로 정해졌고, 둘 다 바꿀 수 있어요.
web-welcome-avatar = 내 그림 만들기
web-welcome-styles = 스타일 보기
web-connecting = 연결하는 중이에요…
web-lost = 연결이 끊겼어요. 다시 연결하고 있어요…
web-many-pages = 이 브라우저에서 방을 너무 많은 탭에 열었어요. 탭을 하나 닫고 이 페이지를 새로고침해 주세요.
web-new-messages = 새 메시지
web-form-run = 보내기
web-form-photo-optional = 사진을 여기에 끌어다 놓거나, 붙여넣거나, 파일로 골라 주세요. 사진이 없으면 캐릭터를 그려 드려요.
web-form-photo-choose = 사진 고르기
web-form-photo-camera = 사진 찍기
web-form-photo-remove = 사진 빼기
web-form-photo-alt = 고른 사진
web-form-photo-promise = 사진은 이 탭에만 남아요. 서버는 그림이 완성되는 대로 사진을 지워요.
web-form-default = 알아서 골라 주세요
web-form-nobody = 선택 안 함
web-form-required = 입력해 주세요: {"{$name}"}
web-form-enter = Enter를 누르면 보내져요
web-drop = 사진을 놓으면 그 사진으로 그림을 만들어요
web-drop-promise = 사진은 봇에게만 전해져요. 방에는 보이지 않아요.
web-drop-not-picture = 그림 파일이 아니에요. JPEG, PNG, WebP, AVIF 사진을 보내 주세요.
web-photo-again-title = 사진이 한 번 더 필요해요
web-photo-again = 약속대로 그림이 완성될 때 서버에서 사진을 지웠고, 이 탭에도 이제 없어요. 사진을 다시 고르면 바로 새 그림을 만들어요.
web-working = 처리하고 있어요…
web-sending-photo = 사진을 보내는 중: {"{$percent}"}%
web-progress = 진행 상황
web-preview-alt = 그리고 있는 그림 미리보기
web-sizes = 채팅에서는 이렇게 보여요
web-save-picture = 그림 저장
web-download = {"{$name}"} 내려받기
web-picture-gone = 이 그림은 이제 여기에 없어요. 보관 중인 그림은 /queue에서 볼 수 있어요.
web-profile = 이 방에서의 나
web-profile-open = 내 프로필: {"{$name}"}
web-nickname = 닉네임
web-nickname-help = 24자까지 쓸 수 있어요. 방에 있는 모두에게 보여요.
web-nickname-save = 저장
web-nickname-saved = 이제부터 ‘{"{$name}"}’ 님이에요.
web-language = 언어
web-make-picture = 새 그림 만들기
web-member-menu = {"{$name}"} 님에 대한 메뉴
web-about-member = { $name } 님에 대한 안내예요.
web-nickname-empty = 닉네임을 입력해 주세요.
web-nickname-long = 닉네임이 너무 길어요. 24자까지 쓸 수 있어요.
web-nickname-letters = 보이지 않거나 읽을 수 없는 글자가 들어 있어요. 글자, 숫자, 간단한 기호만 써 주세요.
web-nickname-reserved = 봇이나 관리자로 오해할 수 있는 닉네임이에요. 다른 닉네임을 골라 주세요.
web-nickname-taken = 같거나 똑같아 보이는 닉네임을 이미 누가 쓰고 있어요. 다른 닉네임을 골라 주세요.
web-moderator-now = 이제 이 브라우저에서 이 방의 관리자예요.
web-moderator-used = 이미 사용했거나 예전에 만들어진 관리자 링크예요. 방을 시작할 때마다 터미널에 새 링크가 나와요.
web-error-unknown = 방이 아직 이 브라우저를 몰라요. 페이지를 새로고침해 주세요.
web-error-garbled = 요청을 이해하지 못했어요. 페이지를 새로고침하고 다시 해 주세요.
web-error-large = 사진이 20MB보다 커요. 더 작은 사진을 보내 주세요.
web-error-slow = 전송이 너무 오래 걸렸어요. 연결을 확인하고 다시 해 주세요.
web-error-gone = 이제 여기에 없어요.
web-error-calls = 한꺼번에 너무 많이 요청했어요. 몇 초 뒤에 다시 해 주세요.
web-error-talking = 메시지를 너무 빨리 보내고 있어요. 잠시만 기다려 주세요. 쓴 글은 그대로 있어요.
web-error-crowded = 지금 사진이 많이 들어오고 있어요. 몇 초 뒤에 다시 해 주세요.
web-error-empty = 먼저 내용을 써 주세요.
web-error-long = 메시지가 너무 길어요. 2000자까지 쓸 수 있어요.
web-error-nobody = 이 방에는 닉네임이 “{$name}”인 사람이 없어요. 닉네임을 확인하거나 목록에서 골라 주세요.
web-error-offline = 방에 연결할 수 없어요. 쓴 글은 그대로 있으니 잠시 뒤에 다시 해 주세요.
web-port-taken = {$host}의 포트 {$port}번을 이미 다른 프로그램이 쓰고 있어요. 그 프로그램을 끄거나 --port로 다른 포트를 골라 주세요.
web-nickname-adjectives = 조용한, 다정한, 용감한, 호기심 많은, 햇살 같은, 졸린, 날쌘, 즐거운, 영리한, 느긋한, 포근한, 반짝이는, 씩씩한, 꿈꾸는, 부지런한, 복슬복슬한, 유쾌한, 친절한, 활기찬, 재빠른, 공손한, 당당한, 수줍은, 새하얀, 작은, 따뜻한, 슬기로운, 재치 있는, 소박한, 말랑한
web-nickname-animals = 수달, 여우, 오소리, 왜가리, 토끼, 스라소니, 울새, 부엉이, 물범, 판다, 코알라, 거북이, 돌고래, 참새, 고슴도치, 너구리, 비버, 펭귄, 다람쥐, 까치, 사슴, 두루미, 고래, 호랑이, 나방, 도마뱀, 퍼핀, 알파카, 마멋, 매
web-enlarge = 크게 보기

## The data folder, and what its rules refuse

storage-newer = 이 데이터 폴더는 더 새로운 버전의 BPP가 만든 것이에요(스키마 { $found }, 이 버전은 { $known }까지 알아요). 그 버전을 다시 설치하거나, “bpp db restore”로 업데이트 전의 백업을 복원해 주세요. 바뀐 것은 없어요.
storage-read-only = 데이터 폴더에 쓸 수 없어요. 폴더의 소유자와 권한, 디스크가 읽기 전용으로 연결되지 않았는지 확인한 뒤 다시 시작해 주세요. 바뀐 것은 없어요.
storage-full = 데이터 폴더가 있는 디스크가 가득 찼어요. 공간을 비워 주세요. 접수된 요청은 그대로 남아 있고, 공간이 생기면 저절로 이어져요.
storage-corrupt = 데이터베이스가 손상되었거나 BPP의 것이 아니에요. 바뀐 것은 없어요. “bpp db restore”로 최근 백업을 복원하거나 “bpp db check”로 자세히 살펴봐 주세요.
storage-in-use = 다른 BPP가 이 데이터 폴더를 이미 쓰고 있어요. 먼저 그것을 멈추거나 --data로 다른 폴더를 골라 주세요.
storage-wrong-secret = 이 데이터 폴더는 다른 비밀 키로 만들어졌어요. 예전 비밀 키를 되돌려 놓아 주세요. 다른 키로는 아무도 알아볼 수 없고 그림도 열 수 없어요. 바뀐 것은 없어요.
storage-broken = 데이터 폴더를 쓸 수 없어요: { $reason }. 디스크를 확인한 뒤 “bpp db check”를 실행해 주세요.
storage-closed = 봇이 종료되는 중이에요. 잠시 뒤에 다시 시도해 주세요.
storage-none = 그곳에는 BPP 데이터베이스가 없어요. 경로를 확인해 주세요.
storage-exists = { $path } 파일이 이미 있어요. 덮어쓰지 않도록 다른 이름을 골라 주세요.
refused-quota = 오늘 여기서 만들 수 있는 그림을 모두 만들었어요(하루 { $daily }개). { $hours }시간 뒤에 다시 만들 수 있어요.
refused-delete-open = 아직 완성되지 않은 그림이라 삭제할 것이 없어요. 그만두려면 /queue 명령에서 취소를 선택해 주세요.
refused-busy = 이미 그림 { $waiting }개를 만들고 있어요. 하나가 끝날 때까지 기다리거나 /queue 명령으로 하나를 취소해 주세요.
refused-full = 지금은 기다리는 사람이 아주 많아서 새 요청을 잠시 받지 않아요. 몇 분 뒤에 다시 시도해 주세요. 횟수는 줄지 않았어요.
refused-blocked = 관리자가 막아 두어서 여기서는 그림을 만들거나 공유할 수 없어요. 관리자에게 문의해 주세요.
refused-paused = 관리자가 여기서 새 그림 만들기를 잠시 멈췄어요. 나중에 다시 시도해 주세요.
job-poison = { $attempts }번 시도했지만 이 그림을 그리지 못했어요. 다른 사진이나 다른 스타일로 시도해 주세요.
job-photo-lost = 사진이 더 이상 남아 있지 않아서 그림을 그리지 못했어요. 사진을 다시 보내 주세요.

## Photos and engines

photo-empty = 빈 파일이에요. 사진을 다시 골라 한 번 더 보내 주세요.
photo-gif = GIF 파일이에요. JPEG, PNG, WebP, AVIF 사진을 보내 주세요. GIF를 캡처한 화면도 괜찮아요.
photo-heic = HEIC 사진은 여기에서 열 수 없어요. JPEG로 보내 주세요. 아이폰이라면 사진을 화면 캡처해서 보내는 게 가장 빨라요. 설정 → 카메라 → 포맷에서 ‘높은 호환성’을 고르면 다음부터는 그대로 보낼 수 있어요.
photo-other-format = { $format } 파일이에요. JPEG나 PNG로 저장해서 보내거나, 화면을 캡처해서 보내 주세요.
photo-video = 동영상이에요. 사진을 보내거나, 마음에 드는 장면을 캡처해서 보내 주세요.
photo-document = 사진이 아니라 { $format } 파일이에요. JPEG, PNG, WebP, AVIF 사진을 보내 주세요.
photo-unreadable = 이 파일에서 사진을 찾지 못했어요. JPEG, PNG, WebP, AVIF 사진을 보내 주세요.
photo-broken = 사진이 손상되었거나 일부가 빠져 있어요. 다시 보내거나, 화면을 캡처해서 보내 주세요.
photo-too-large-file = 파일이 { $most } MB보다 커요. 더 작은 사진을 보내 주세요. 사진을 화면 캡처하면 충분히 작아져요.
photo-too-many-pixels = 사진이 너무 커요({ $width } × { $height } 픽셀). 더 작은 사진을 보내 주세요. 화면을 캡처하면 충분히 작아져요.
photo-too-small = 사진이 너무 작아요({ $width } × { $height } 픽셀). 가로와 세로가 모두 { $least }픽셀 이상이어야 해요. 더 큰 사진을 보내 주세요.
photo-too-narrow = 사진이 한쪽으로 너무 길어요({ $width } × { $height } 픽셀). 얼굴 주변만 남기고 잘라서 다시 보내 주세요.
photo-too-heavy = 이 사진을 여는 데 시간이나 메모리가 너무 많이 들어요. 더 작은 사진이나 화면 캡처를 보내 주세요.
photo-not-now = 지금은 사진을 열 수 없어요. 보내신 사진 때문은 아니에요. 잠시 뒤에 다시 보내거나, 사진 없이 만들어 보세요.
error-spec = 요청하신 대로는 그릴 수 없어요. /avatar 명령으로 다시 시작해 주세요.
error-draw-failed = 그림을 그리지 못했어요. 다시 시도하거나 다른 스타일이나 사진을 골라 주세요.
error-engine = 그리는 중에 문제가 생겼어요. 다시 시도해 주세요.
error-engine-unavailable = 그리던 엔진이 중간에 멈췄어요. 잠시 뒤에 다시 시도해 주세요.
error-engine-memory = 그리는 엔진의 메모리가 부족했어요. 다시 시도하거나 다른 스타일을 골라 주세요.
error-engine-not-ready = 지금은 모든 엔진이 바쁘거나 켜지는 중이에요. 잠시 뒤에 다시 시도해 주세요.
error-engine-not-reached = 그리는 엔진에 연결할 수 없어요. 몇 분 뒤에 다시 시도해 주세요.
error-engine-token = 그리는 엔진이 토큰을 알아보지 못했어요. 이 봇을 설치한 분에게 알려 주세요.
error-nobody-paints =
    { $why ->
        [unchecked] 여기서는 완성된 그림을 미리 검사할 수 없고, 대신 그릴 수 있는 스타일도 없어요. 관리자에게 문의해 주세요.
        [lacking] 이 스타일에 필요한 파일이 그림 엔진에 없고, 대신 그릴 수 있는 스타일도 없어요. 다른 스타일을 골라 주세요.
        [memory] 그림 엔진의 메모리가 부족하고, 대신 그릴 수 있는 스타일도 없어요. 나중에 다시 시도해 주세요.
        [died] 그림 엔진이 이 그림을 끝내지 못했고, 대신 그릴 수 있는 스타일도 없어요. 다른 스타일을 골라 주세요.
       *[away] 그림 엔진이 자리를 비웠고, 대신 그릴 수 있는 스타일도 없어요. 나중에 다시 시도해 주세요.
    }

## Styles, sizes and what the engine noticed

note-no-face = 사진에서 얼굴을 찾지 못해서 가운데에 있는 것을 그렸어요. 얼굴이 있는 사진이라면 더 가까이서 찍은 사진이 좋아요.
note-several-faces = 사진에 얼굴이 여럿 있어서 가장 큰 얼굴을 그렸어요. 다른 얼굴을 원하면 사진을 잘라서 다시 보내 주세요.
error-style = ‘{ $style }’ 스타일은 없어요. 스타일 목록에서 골라 주세요.
error-style-engine = ‘{ $style }’ 스타일에 필요한 엔진 ‘{ $engine }’ 없이 실행 중이에요. 다른 스타일을 골라 주세요.
error-style-file = 스타일 파일을 쓸 수 없어요: { $file }. 확인할 항목은 ‘{ $key }’ 항목이에요: { $reason }.
error-likeness-range = { $likeness } 값은 닮은 정도로 쓸 수 없어요. { $low }(캐릭터 그림)부터 { $high }(가장 닮게)까지의 수를 골라 주세요.
error-seed = { $seed } 값은 시드로 쓸 수 없어요. 0부터 { $high }까지의 정수를 골라 주세요.
error-size = { $size }픽셀 그림은 그릴 수 없어요. { $low }부터 { $high }까지의 크기를 골라 주세요.
error-trait = ‘{ $trait }’ 항목에서 ‘{ $value }’ 값은 고를 수 없어요. 제시된 것 중에서 골라 주세요.
error-unreachable = 이 메시지는 더 이상 전달할 수 없어요. /avatar 명령으로 다시 시작해 주세요.

## Discord
discord-token = Discord가 봇 토큰을 받아들이지 않아요. Developer Portal(Bot, Reset Token)에서 토큰을 다시 복사해 discord_token 설정(BPP_DISCORD_TOKEN)에 넣어 주세요. 앞에 “Bot ”은 붙이지 마세요.
discord-intents = Discord가 이 봇의 연결 요청을 허락하지 않아요(종료 코드 { $code }). BPP를 업데이트해 주세요. 그래도 안 되면 BPP 개발자에게 이 코드를 알려 주세요.
discord-photo-gone = Discord에 이 사진이 더 이상 없어요. 사진을 한 번 더 보내 주세요.
discord-photo-slow = Discord에서 사진을 받는 데 너무 오래 걸려서 아무 일도 하지 않았고 횟수에도 넣지 않았어요. 사진을 한 번 더 보내 주세요.
discord-photo-foreign = Discord에서 온 파일이 아니어서 열지 않았어요. 사진을 파일로 보내 주세요.
discord-message-foreign = 다른 사람의 사진으로 그림을 만들지 않도록, 내가 보낸 메시지에서만 쓸 수 있어요. 다른 사진을 쓰려면 /avatar 명령으로 보내 주세요.
discord-message-empty = 이 메시지에는 사진이 없어요. /avatar 명령으로 사진을 보내 주세요.
discord-about-member = { $name } 님에 대한 내용이에요.
discord-arrives-note = 이 메시지는 곧 업데이트가 멈춰요. 그림이 완성되면 이 채널에 이름 없는 알림이 올라오고, 그 버튼을 누르면 나에게만 그림이 보여요. /queue 명령으로도 볼 수 있어요.
discord-arrives-dm = 이 메시지는 곧 업데이트가 멈춰요. 다이렉트 메시지를 허용했다면 완성된 그림을 그쪽으로 보내 드려요. { $hours }시간 동안 /queue 명령으로도 볼 수 있어요.
discord-arrives-queue = 이 메시지는 곧 업데이트가 멈춰요. 그림이 완성되면 /queue 명령으로 찾아가 주세요. { $hours }시간 동안 보관해요.
discord-note-stranger = 요청한 사람만 볼 수 있는 그림이에요. 내 그림은 /avatar 명령으로 만들 수 있어요.
discord-share-here = 그림은 이 봇이 있는 서버에서만 공유할 수 있어요. 그래도 저장은 할 수 있어요.
discord-share-member = 이 채널에 그림을 올릴 권한이 없어서 공유하지 않았어요. 다른 채널에 공유하려면 그 채널에서 /queue 명령으로 열어 주세요.
discord-share-bot = 봇에게 이 채널에 그림을 올릴 권한이 없어서 공유하지 않았어요. 관리자에게 봇의 ‘파일 첨부’ 권한을 부탁하거나, 다른 채널에서 /queue 명령으로 열어 주세요.
discord-share-failed = Discord가 그림을 받지 않아서 공유하지 못했어요. 나중에 다시 시도해 주세요.
discord-unshare-later = 다만 공유한 그림은 아직 남아 있어요. Discord가 지금은 지우게 해 주지 않아서, 지워질 때까지 계속 시도할게요.
discord-delete-copy-left = 다이렉트 메시지에는 사본이 아직 남아 있을 수 있어요. Discord가 지금은 지우게 해 주지 않았어요. 그 메시지에서도 ‘삭제’를 눌러 주세요.
discord-forget-screen = 나에게만 보이는 메시지는 Discord를 새로고침할 때까지 화면에 남아요. 이 봇이 보낸 다이렉트 메시지는 지금 지우고 있어요. 몇 분 뒤에도 남아 있으면 ‘내 정보 모두 지우기’를 한 번 더 눌러 주세요.
discord-unexpected = 저희 쪽에서 문제가 생겼어요. /queue 명령으로 확인한 뒤 다시 시도해 주세요.
discord-name-avatar = 아바타
discord-name-avatar-style = 스타일
discord-name-avatar-photo = 사진
discord-name-avatar-likeness = 닮은정도
discord-name-avatar-hair = 머리
discord-name-avatar-glasses = 안경
discord-name-avatar-mood = 표정
discord-name-avatar-beard = 수염
discord-name-avatar-skin = 피부색
discord-name-avatar-colour = 색
discord-name-styles = 스타일
discord-name-queue = 내그림
discord-name-settings = 내설정
discord-name-privacy = 개인정보
discord-name-help = 도움말
discord-name-room = 그림설정
discord-name-block = 그림차단
discord-name-block-member = 멤버
discord-name-unblock = 그림차단해제
discord-name-unblock-member = 멤버
discord-name-avatar-from-message = 이 사진으로 아바타 만들기
discord-part = { $label } ({ $part }/{ $parts })
discord-wall-choose = 여기서 스타일 고르기
discord-cut = 여기에 보이지 않는 줄: { $count }개.
discord-too-large = Discord가 여기에서 허용하는 크기보다 파일이 커서 보여 드릴 수 없어요. 이 봇을 설치한 분에게 알려 주세요.
discord-share-in-server = 이 그림을 공유하려면 서버에서 /queue 명령으로 열어 주세요.
discord-shared-by = { $name } 님이 공유한 그림이에요.
discord-note = 그림이 완성됐어요. 요청한 분만 열어 볼 수 있어요.
discord-note-open = 내 그림 보기
discord-photo-title = 사진을 한 번 더 보내 주세요
discord-photo-text = 사진은 Discord를 거쳐 봇에게만 전해지고, 다른 멤버에게는 보이지 않아요. 저희가 받은 사진은 그림이 완성되는 순간 지워요. 여기에 파일을 넣을 수 없다면 이 창을 닫고 /{ $command } 명령에 사진을 넣어 주세요.
discord-share-title = 이 그림 공유하기
discord-share-text = 봇이 이 그림을 올리고, 이 채널의 모두가 보게 돼요. 아래 칸을 선택하지 않으면 이름은 보이지 않아요. 공유는 나중에 취소할 수 있지만, 그 사이에 누군가 저장할 수도 있어요.
discord-share-named = 그림 아래에 이 서버에서 쓰는 내 이름 보이기
discord-unreachable = 지금은 Discord에 연결할 수 없어요({ $problem }). 인터넷 연결을 확인하거나 나중에 다시 시도해 주세요.
discord-share-named-as = 이렇게 보여요: { $name } 님이 공유한 그림이에요.
discord-message-stays = 사진이 담긴 내 메시지는 채널에 그대로 있고, 모두가 볼 수 있어요. 원하지 않으면 그 메시지를 직접 삭제해 주세요.
discord-privacy = 주고받는 사진과 그림은 Discord도 받아요. Discord가 언제까지 보관하는지는 저희도 알 수 없어요.
discord-share-unknown = 지금은 이 그림을 공유하지 못했어요. 그래도 채널에 보이게 된다면, Discord가 허락하는 대로 바로 지울게요.

## Telegram
telegram-pointer = 그림은 봇과의 1:1 채팅에서 만들어요. 버튼을 눌러 주세요. 거기서 하는 일은 그룹에 보이지 않아요.
telegram-pointer-answer = 답은 봇과의 1:1 채팅에서 드려요. 버튼을 눌러 주세요. 그룹에는 보이지 않아요.
telegram-pointer-open = 봇과 1:1 채팅 열기
telegram-photo-removed = 모두에게 보이지 않도록, 여기에 올라온 사진을 지웠어요. 사진은 봇과의 1:1 채팅으로 보내 주세요.
telegram-photo-stays = 보내신 사진은 이 그룹의 모두에게 보이고, 이 봇에게는 지울 권한이 없어요. 직접 삭제한 뒤 봇과의 1:1 채팅으로 보내 주세요.
telegram-done = 처리했어요. 결정 내용은 /room 명령의 ‘결정 기록’에서 볼 수 있어요.
telegram-member-reply = 그룹에서 대상 멤버의 메시지에 답장으로 { $typed } 명령을 보내 주세요.
telegram-about-member = { $name } 님에 대한 내용이에요.
telegram-welcome = 나만 볼 수 있는 1:1 채팅이에요. ‘{ $title }’ 그룹에서 오셨어요.
telegram-welcome-how = 지금 사진을 보내거나, 사진 없이 그림을 만들어 보세요. 그 그룹의 스타일과 하루 제한이 여기에도 적용돼요. 직접 공유한 그림만 그룹에 보여요.
telegram-welcome-draw = 사진 없이 그리기
telegram-welcome-choose = 스타일과 모습 고르기
telegram-start = 나만의 프로필 그림을 만들어 드려요. 내가 누구인지는 드러나지 않게요.
telegram-start-how = 지금 사진을 보내거나, 사진 없이 그림을 만들어 보세요. 이 채팅은 다른 사람에게 보이지 않아요.
telegram-start-groups = 그룹에 공유할 그림을 만들려면 그 그룹에서 { $typed-avatar } 명령을 보내고(누르면 복사돼요) 나타나는 버튼을 눌러 주세요. 할 수 있는 다른 일은 /help 명령으로 볼 수 있어요.
telegram-link-expired = 만든 지 한 시간이 지난 링크라 쓸 수 없어요. 그룹에서 명령을 한 번 더 보내고 새 버튼을 눌러 주세요. 혼자 쓸 그림이라면 여기서 사진이나 /avatar 명령을 보내 주세요.
telegram-link-broken = 쓸 수 없는 링크예요. 그룹에서 명령을 한 번 더 보내고 새 버튼을 눌러 주세요. 혼자 쓸 그림이라면 여기서 사진이나 /avatar 명령을 보내 주세요.
telegram-link-not-member = 내가 속하지 않은 그룹의 링크라서 그 그룹의 스타일을 쓸 수 없어요. 혼자 쓸 그림은 만들 수 있어요. 여기서 사진이나 /avatar 명령을 보내 주세요.
telegram-room-in-group = 그룹에서 쓰는 명령이에요. 그룹에서 { $typed } 명령을 보내고 나타나는 버튼을 누르면 다시 여기로 와요.
telegram-lost = 사진이나 명령만 알아들을 수 있어요. 사진을 보내면 그 사진으로 그림을 만들고, /avatar 명령을 보내면 사진 없이 만들어요. 할 수 있는 다른 일은 /help 명령으로 볼 수 있어요.
telegram-album = 사진을 여러 장 보내셨어요. 첫 번째 사진만 쓰고 나머지는 쓰지 않아요.
telegram-photo-gone = Telegram에 이 사진이 더 이상 없어요. 사진을 한 번 더 보내 주세요.
telegram-photo-slow = Telegram에서 사진을 받는 데 너무 오래 걸려서 아무 일도 하지 않았고 횟수에도 넣지 않았어요. 사진을 한 번 더 보내 주세요.
telegram-photo-reply = 이 메시지에 답장으로 사진을 보내 주세요. 그러면 바로 이어서 그려요.
telegram-message-foreign = 다른 사람의 사진으로 그림을 만들지 않도록, 내가 보낸 사진에만 쓸 수 있어요. 내 사진을 여기로 보내 주세요.
telegram-message-empty = 그 메시지에는 사진이 없어요. 내가 보낸 사진에 답장하거나, 여기로 사진을 보내 주세요.
telegram-unexpected = 저희 쪽에서 문제가 생겼어요. /queue 명령으로 확인한 뒤 다시 시도해 주세요.
telegram-too-large = Telegram이 허용하는 크기보다 파일이 커서 보여 드릴 수 없어요. 이 봇을 설치한 분에게 알려 주세요.
telegram-cut = 여기에 보이지 않는 줄: { $count }개.
telegram-more-buttons = 더 고를 수 있어요:
telegram-as-file = 파일로 받기
telegram-file = 원본 화질 그대로인 그림 파일이에요.
telegram-choose = 어떤 모습으로 그릴까요?
telegram-choose-how = 원하는 것만 골라 주세요. 나머지는 알아서 골라 드려요. 다 골랐으면 ‘그리기’ 버튼을 눌러 주세요.
telegram-choose-photo = 사진으로 만들려면 이 메시지를 옆으로 밀어(또는 ‘답장’을 골라) 사진을 붙여 보내 주세요. 사진만 따로 보내면 여기서 고른 것은 쓰이지 않아요.
telegram-choose-any = 상관없음
telegram-choose-draw = 그리기
telegram-word-unknown = ‘{ $word }’: 알아듣지 못했어요. 버튼으로 골라 주세요.
telegram-word-like = ‘{ $word }’: 알아듣지 못했어요. 혹시 이걸 찾으셨나요? { $matches }. 버튼으로 골라 주세요.
telegram-word-ambiguous = ‘{ $word }’: 여러 가지로 읽을 수 있어요. { $matches }. 버튼으로 골라 주세요.
telegram-word-twice = ‘{ $name }’ 항목에 여러 가지를 쓰셨어요. 버튼으로 하나만 골라 주세요.
telegram-share-ask = 봇이 이 그림을 올리고, 그룹의 모두가 보게 돼요. 공유는 나중에 취소할 수 있지만, 그 사이에 누군가 저장할 수도 있어요.
telegram-share-nameless = 이름 없이 공유
telegram-share-named = ‘{ $name }’ 이름으로 공유
telegram-share-frame = 🖼 멤버가 그림을 공유하고 있어요 …
telegram-shared-by = { $name } 님이 공유한 그림이에요.
telegram-taken-back = 공유가 취소된 그림이에요.
telegram-share-in-group = 여기서는 그룹에 공유할 수 없어요. 공유하려면 그룹에서 { $typed-avatar } 명령을 써 주세요.
telegram-share-gone = 그룹에 연결할 수 없어서 공유하지 않았어요. 봇이 그 그룹에서 나갔을 수 있으니, 그룹 관리자에게 봇을 다시 추가해 달라고 부탁해 주세요.
telegram-share-not-member = 이제 그 그룹의 멤버가 아니어서 공유하지 않았어요. 그림은 간직해도 되고, 다른 그룹에서 { $typed-avatar } 명령을 보내 새로 만들 수도 있어요.
telegram-share-no-photos = 그 그룹에 사진을 보낼 권한이 없어서 공유하지 않았어요. 그룹 관리자에게 물어보거나, 그림을 저장해 두세요.
telegram-share-bot-may-not = 봇에게 그 그룹에 사진을 보낼 권한이 없어서 공유하지 않았어요. 그룹 관리자가 허용할 수 있어요.
telegram-share-failed = Telegram이 그림을 받지 않아서 공유하지 못했어요. 나중에 다시 시도해 주세요.
telegram-share-unknown = 지금은 이 그림을 공유하지 못했어요. 그래도 그룹에 보이게 된다면, Telegram이 허락하는 대로 바로 지울게요.
telegram-unshare-old = 그 그룹이 슈퍼그룹으로 바뀌어서, 바뀌기 전에 올린 그림은 봇이 지울 수 없어요. 그룹 관리자에게 그림을 삭제해 달라고 부탁해 주세요.
telegram-unshare-later = 다만 공유한 그림은 아직 그룹에 남아 있어요. Telegram이 지금은 지우게 해 주지 않아서, 지워질 때까지 계속 시도할게요.
telegram-forget-screen = 이 봇이 최근에 여기에 쓴 메시지는 지금 지우고 있어요. 나머지는(내가 보낸 사진과 명령도) 직접 지울 때까지 Telegram에 남아요. 채팅 메뉴에서 ‘채팅 삭제’를 골라 주세요.
telegram-privacy = 보낸 사진과 받은 그림은 직접 지울 때까지 이 채팅에도 남아요. 주고받는 사진과 그림은 Telegram도 받아요. Telegram이 언제까지 보관하는지는 저희도 알 수 없어요. 어느 그룹에서 오셨는지는 하루 동안만 암호화해서 기억해요.
telegram-help-photo = 사진만 보내도 돼요. 그 사진으로 그림을 만들어 드려요. 파일로 보내면 원본 화질 그대로 전해져요.
telegram-help-words = 원하는 것을 명령 뒤나 사진 아래에 써도 돼요. 예: /avatar { $example }
telegram-help-group = 그룹에서는 { $typed-avatar } 명령을 보내고 버튼을 눌러 주세요. 여기로 이어지고, 그다음 일은 그룹의 누구에게도 보이지 않아요.
telegram-token = Telegram이 봇 토큰을 받아들이지 않아요. @BotFather(/mybots, API Token)에서 토큰을 다시 복사해 telegram_token 설정(BPP_TELEGRAM_TOKEN)에 넣어 주세요.
telegram-unreachable = 지금은 Telegram에 연결할 수 없어요({ $problem }). 인터넷 연결을 확인하거나 나중에 다시 시도해 주세요.
telegram-listen = Telegram 웹훅을 받을 주소를 열 수 없어요({ $listen }): { $problem }. 그 주소를 쓰는 프로그램을 멈추거나 telegram_listen 설정(BPP_TELEGRAM_LISTEN)에서 다른 주소를 골라 주세요.
telegram-wall-order = 버튼은 위 그림과 같은 순서예요. 그림을 누르면 이름과 함께 크게 볼 수 있어요.
telegram-share-unsure = 누가 그 그룹의 멤버인지 Telegram이 봇에게 알려 주지 않아서 공유하지 않았어요. 봇이 그룹 관리자가 되면 공유할 수 있어요.
telegram-rights-unknown = 지금은 Telegram이 그 그룹의 관리자가 누구인지 알려 주지 않아서 아무것도 하지 않았어요. 잠시 뒤에 다시 해 주세요.
telegram-not-done = 처리하지 못했고, 바뀐 것은 없어요. 나중에 다시 해 주세요.
telegram-some-group = 내 그룹
telegram-own-action-share = 그룹에 공유
telegram-own-share-done = 공유했어요. 이제 그룹의 모두가 이 그림을 볼 수 있어요.
telegram-own-help-privacy = 이 채팅은 나에게만 보여요. 그림은 ‘그룹에 공유’ 버튼을 누른 뒤에만 그룹에 보여요.
telegram-own-room-scope = 여기서 바꾸는 규칙과 ‘일시 중지’는 규칙을 따로 정하지 않은 모든 토픽에 한꺼번에 적용돼요.
telegram-own-channel-headline = 이 토픽에서는 멤버가 그림을 요청할 수 있어요.
telegram-own-channel-paused = 이 토픽은 일시 중지 상태예요. 새 그림은 요청할 수 없고, 대기 중이던 그림은 마저 그려요.
telegram-own-channel-scope = 여기서 바꾸는 규칙은 이 토픽에만 적용돼요. 차단과 오늘 만든 그림 수는 모든 토픽에 함께 적용돼요.
telegram-own-action-channel-own = 이 토픽만의 규칙 정하기
telegram-own-action-channel-follow = 이 토픽만의 규칙 없애기
telegram-own-log-here = { $what } (이 토픽)
telegram-own-log-elsewhere = { $what } (다른 토픽)
telegram-own-block-done = 차단했어요: { $tag }. 이제 이 멤버는 그 그룹에서 그림을 만들거나 공유할 수 없어요. 되돌리려면 /room 명령의 ‘멤버 차단 해제’에서 골라 주세요.
telegram-own-block-taken-back = { $count ->
    [0] 그 그룹에 공유한 그림은 없었어요.
   *[other] 그 그룹에 공유했던 그림 { $count }개의 공유를 취소했어요.
}
telegram-own-unblock-done = 차단을 풀었어요: { $tag }. 이 멤버는 다시 그 그룹에서 그림을 만들 수 있어요.
telegram-own-unblock-not = 바뀐 것이 없어요. 그 그룹에서 차단되어 있지 않은 멤버예요: { $tag }.
telegram-own-language-auto = Telegram의 언어 그대로
telegram-own-room-unblock-hint = 메뉴에는 이름 대신 코드가 보여요. 이름으로 풀려면 그룹에서 그 멤버의 메시지에 답장으로 { $typed-unblock } 명령을 보내 주세요.
telegram-too-many = 한꺼번에 너무 많이 왔어요. 먼저 보낸 것부터 처리하고 나머지는 건너뛸게요. 잠시 뒤에 다시 보내 주세요.
telegram-photo-earlier = 내 사진을 쓰려면 봇과의 1:1 채팅으로 보내 주세요.
telegram-photo-still = 보내신 사진이 아직 이 그룹의 모두에게 보여요. Telegram에서 지금까지 삭제가 되지 않았어요. 직접 삭제한 뒤 봇과의 1:1 채팅으로 보내 주세요.
telegram-for-group = ‘{ $title }’ 그룹에서 쓰는 내용이에요.
telegram-for-alone = 그룹 없이 혼자 쓰는 내용이에요.
telegram-other-groups = 다른 그룹의 그림은 따로 있어요. 그 그룹에서 { $typed-queue } 명령을 보내고 버튼을 눌러 주세요.
telegram-share-done-in = ‘{ $title }’ 그룹에 공유했어요. 이제 그 그룹의 모두가 볼 수 있어요.
telegram-own-settings-headline = 내 설정
telegram-own-result-kept-photo = 저희 사본: 사진은 이미 지웠고, 그림은 { $hours }시간 보관해요.
telegram-own-result-kept = 이 그림의 사본을 저희가 { $hours }시간 동안 보관해요.
telegram-own-job-cancelled-photo = 취소했고, 저희가 받은 사진도 지웠어요. 하루 횟수에는 포함되지 않아요.
telegram-own-photo-again = 사진이 저희에게도, 이 채팅에도 더는 없어요. 계속하려면 사진을 한 번 더 보내 주세요.
telegram-choose-photo-there = 위에 보낸 사진으로 그려요.
telegram-style-forbidden = 이 그룹에서는 ‘{ $style }’ 스타일을 쓸 수 없어요. 버튼으로 다른 스타일을 골라 주세요.
telegram-share-ask-in = 봇이 ‘{ $title }’ 그룹에 이 그림을 올리고, 그 그룹의 모두가 보게 돼요. 나중에 취소할 수 있지만, 그 사이에 누군가 저장할 수도 있어요.
telegram-photo-answer = 이 메시지를 옆으로 밀어 답장을 고르고, 사진을 붙여 보내 주세요.
telegram-own-room-paused-partly = 일시 중지 상태예요. 규칙을 따로 정한 토픽은 제외예요. 대기 중이던 그림은 마저 그려요.
telegram-own-room-parts = 규칙을 따로 정한 토픽: { $count }개, 그 규칙으로 일시 중지한 토픽: { $paused }개
telegram-share-topic-closed = 그 토픽이 닫혀 있어서 공유하지 않았어요. 토픽이 다시 열리면 공유할 수 있고, 그림을 저장해 두어도 돼요.
telegram-share-frame-left = Telegram에서 답이 없어서 공유하지 않았어요. ‘멤버가 그림을 공유하고 있어요 …’라는 메시지가 그룹에 남아 있어도 그림은 들어 있지 않고, 그룹 관리자가 지울 수 있어요. 나중에 다시 시도해 주세요.
telegram-unshare-refused = 다만 공유한 그림은 아직 그룹에 남아 있어요. Telegram이 봇에게 지우게 해 주지 않으니, 그룹 관리자에게 삭제해 달라고 부탁해 주세요. 30일 동안은 계속 시도할게요.
telegram-share-ask-topic = 봇이 ‘{ $title }’ 그룹의, 명령을 보낸 토픽에 이 그림을 올리고, 그 그룹의 모두가 보게 돼요. 나중에 취소할 수 있지만, 그 사이에 누군가 저장할 수도 있어요.
telegram-too-late = 봇이 답할 수 없을 때 보내셨고, 그 뒤로 시간이 꽤 지나서 아무것도 하지 않았어요. 아직 필요하면 한 번 더 해 주세요.
telegram-visit-over = 그룹에서 온 지 하루가 지나서 이제 혼자 쓰는 채팅이에요. 그룹에서 쓸 그림은 그 그룹에서 { $typed-avatar } 명령을 다시 보내 주세요. 지금 여기서 만드는 그림은 혼자 쓰는 그림이에요.
telegram-visit-not-member = 어느 그룹에서 오셨지만 지금은 그 그룹의 멤버가 아니에요. 지금 여기서 만드는 그림은 혼자 쓰는 그림이에요.
telegram-pointer-room = 방 설정 열기
telegram-choose-line = 글로 쓰면:
telegram-own-styles-headline = 쓸 수 있는 스타일이에요. 하나를 고르면 그 스타일로 캐릭터를 그려 드려요. 사진으로 만들려면 사진에 /avatar 명령과 스타일 이름을 함께 써서 보내 주세요.
telegram-own-refused-figure = 사진 없이 그린 그림이라 닮은 정도를 바꿀 수 없어요. 사진을 보내 주세요.
telegram-room-no-delete = 이 봇에게는 메시지 삭제 권한이 없어서, 실수로 그룹에 올린 사진을 지울 수 없어요.
error-picture-unsafe = 보여 드리기 어려운 그림이 나와서 버렸어요. 다시 시도하거나 다른 말로 바꿔 주세요.
note-picture-left-out = 보여 드리기 어려운 그림 { $count }장을 뺐어요.
telegram-erased-copy = 저희가 보관하던 사본은 지워졌어요. 여기 있는 그림은 직접 지우실 때까지 남아 있어요. 새로 만들려면 /avatar 명령을 써 주세요.
telegram-share-waits = 봇이 그 그룹에 글을 올리려면 잠깐 기다려야 해요. 차례가 오면 알아서 공유할게요.
avatar-about = 내 말로 설명
avatar-about-hint = 페인팅 스타일에 담을 내용, 예: ‘등불을 든 기사, 저녁 빛’
avatar-quality = 품질
avatar-quality-hint = 페인팅 스타일에서 그림에 들일 시간
quality-fast = 빠르게
quality-balanced = 보통
quality-best = 최고
command-room-words = 페인팅 규칙
command-room-words-hint = 페인팅 그림 규칙: 멤버의 설명, 막을 낱말, 안전 검사
room-words-block = 막을 낱말
room-words-block-hint = 낱말이나 짧은 구절. 로마자는 끝에 별표를 붙이면 그렇게 시작하는 말도 막아요
action-room-words = 페인팅 그림: 낱말과 검사
action-words-allow = 직접 설명 허용
action-words-forbid = 직접 설명 금지
action-room-word = 낱말 막기 풀기
action-unchecked-allow = 검사하지 않은 그림 허용
action-unchecked-forbid = 검사한 그림만 허용
room-unchecked = 페인팅 그림은 검사 없이 멤버에게 보여요. 관리자가 허용했어요.
room-unchecked-off = 페인팅 스타일은 꺼져 있어요. 안전 검사기가 없어서 그림을 미리 확인할 수 없어요. ‘페인팅 그림’에서 정해 주세요.
words-headline = 페인팅 그림 규칙
words-on = 멤버가 그릴 내용을 직접 설명할 수 있어요.
words-off = 멤버가 그릴 내용을 직접 설명할 수 없어요.
words-blocked = 이 방에서 막은 낱말({ $count }개): { $words }
words-blocked-none = 이 방에서 따로 막은 낱말이 없어요.
words-hint = 노골적으로 성적이거나 폭력적인 말은 어디서나 막혀 있어요. 더 막으려면 /room-words 뒤에 그 낱말을 적어 주세요. ‘rose*’라고 하면 ‘rosebud’도 막아요.
checks-on = 페인팅 그림은 누구에게든 보이기 전에 안전 검사기가 확인해요.
checks-off = 안전 검사기가 없어서 페인팅 그림을 미리 확인할 수 없어요. 그래서 허용하기 전까지 이곳에서 페인팅 스타일은 꺼져 있어요.
checks-off-allowed = 안전 검사기가 없어서 페인팅 그림을 미리 확인할 수 없어요. 그래도 관리자가 허용했어요.
refused-words-off = 여기서는 관리자가 직접 설명을 허용하지 않아요. 설명을 빼고 다시 해 주세요. 횟수는 줄지 않았어요.
refused-words-ours = 설명에 어디서나 막힌 목록의 낱말이 있어요. 다른 말로 바꿔 주세요. 횟수는 줄지 않았어요.
refused-words-room = 설명에 이 방 관리자가 막은 낱말이 있어요. 다른 말로 바꿔 주세요. 횟수는 줄지 않았어요.
refused-words-style = 직접 쓴 설명은 페인팅 스타일만 따를 수 있어요. 스타일을 빼거나 /styles 에서 페인팅 스타일을 골라 주세요.
refused-words-none = 직접 쓴 설명은 페인팅 스타일만 따를 수 있는데, 지금 여기서는 쓸 수 있는 것이 없어요. 설명을 빼고 다시 해 주세요.
refused-unchecked = 여기서는 페인팅 스타일이 꺼져 있어요. 그림을 검사할 수 없고 관리자가 아직 허용하지 않았어요. 다른 스타일은 쓸 수 있어요.
refused-word = 그 말은 막을 수 없어요. 글자가 { $least }자 이상이어야 하고, 별표는 끝에만 쓸 수 있어요.
refused-words-many = 이 방에서 이미 낱말 { $most }개를 막았어요. 먼저 하나를 풀어 주세요.
log-words-on = 직접 설명을 허용함
log-words-off = 직접 설명을 금지함
log-word-blocked = 낱말 ‘{ $detail }’ 막음
log-word-unblocked = 낱말 ‘{ $detail }’ 막기를 풂
log-checks-on = 검사한 페인팅 그림만 허용함
log-checks-off = 검사하지 않은 페인팅 그림을 허용함
discord-name-avatar-about = 설명
discord-name-avatar-quality = 품질
discord-name-room-words = 그림낱말
discord-name-room-words-block = 막을낱말
discord-erased-copy = 저희가 보관하던 사본은 지워졌어요. 지금 보이는 그림은 직접 지우거나 닫으실 때까지 남아 있어요. 새로 만들려면 /avatar 명령을 써 주세요.
web-erased-copy = 보관해 두었던 사본은 지워졌어요. 지금 보이는 그림은 직접 지우거나 이 페이지를 떠나실 때까지 남아 있어요. 새로 만들려면 /avatar 명령을 써 주세요.
refused-unpaintable = 그림 엔진이 시도했지만 끝내 그리지 못한 그림이라 그대로 두었어요.
error-device-broken = GPU 드라이버(NVIDIA, 또는 ROCm용 torch와 함께 쓰는 AMD)는 있지만 torch가 GPU를 쓰지 못해요. 드라이버를 업데이트했다면 컴퓨터를 다시 시작하고, 컨테이너라면 GPU를 연결해 주세요. 자세한 내용은 `nvidia-smi`나 `rocminfo`로 볼 수 있어요. 느려도 CPU로 그리려면 이렇게 설정해 주세요: device = "cpu"

## Weights of the SDXL engine
error-model-missing = 그림 엔진에 “{ $model }” 가중치가 없어요. 봇 운영자가 이렇게 받을 수 있어요: bpp models pull { $model }
models-unknown = “{ $model }” 가중치는 없어요. 쓸 수 있는 것: { $known }.
models-noncommercial = “{ $model }”의 라이선스는 { $licence }인데, 봇 운영에 쓰는 것을 허락하지 않아요. 써도 되는 경우라면 이렇게 밝혀 주세요: --accept-noncommercial { $model }
models-space = { $folder }에 자리가 모자라요. 비워 둘 몫까지 { $needed }만큼 필요한데 { $free }만큼만 남았어요. 아무것도 받지 않았어요.
models-disk-full = { $folder }의 디스크가 가득 찼어요. 자리를 만들고 같은 명령을 다시 실행하면 멈춘 곳부터 이어서 받아요.
models-folder = { $folder } 폴더를 쓸 수 없어요: { $problem }.
models-busy = { $folder }에서 다른 받기가 진행 중이에요. 끝나기를 기다리거나 멈춰 주세요.
models-source = “{ $source }” 값은 미러 주소(https://…)도, 이 컴퓨터의 폴더도 아니에요.
models-not-there = { $folder }에 “{ $model }”의 { $file } 파일이 없어요. 이 이름이나 저장소 이름의 폴더에서 찾아요.
models-hub-refuses = { $host }에서는 { $hub } 저장소를 아무에게나 주지 않아요({ $status }). 계정으로 직접 받은 다음 이렇게 해 주세요: bpp models pull --from FOLDER
models-hub-missing = { $host }의 { $hub }, { $revision } 판에는 { $file } 파일이 없어요({ $status }).
models-hub-trouble = { $host }에서 지금은 { $file } 파일을 받을 수 없어요({ $status }). 나중에 같은 명령을 다시 실행하면 멈춘 곳부터 이어서 받아요.
models-hub-unreachable = { $host }에 연결할 수 없어요: { $problem }. 네트워크를 확인하거나 --from으로 미러를 지정해 주세요.
models-hub-cut = { $file } 파일을 받다가 연결이 자꾸 끊겼어요. { $got }까지 받아 두었어요. 같은 명령을 다시 실행하면 거기부터 이어서 받아요.
models-different = { $file } 파일이 { $hub } 저장소의 것과 달라서 버렸어요. 같은 명령을 다시 실행하거나 --from으로 다른 곳에서 받아 주세요.
models-manifest = 모델 목록 { $file } 파일을 쓸 수 없어요. “{ $key }” 부분을 살펴보세요: { $reason }.
models-lock = { $file } 파일을 읽을 수 없어요. 복사본으로 되돌리거나 다른 곳으로 옮겨 주세요. 옮기면 판이 정해지지 않은 가중치는 더 이상 확인할 수 없어요.
models-extra = 이 컴퓨터에는 그림 엔진이 설치되어 있지 않아요. 이렇게 설치해 주세요: pip install "bpp[sdxl]"
error-device = SDXL이 “{ $device }” 장치를 쓰도록 되어 있는데, torch가 그런 장치를 찾지 못했어요. BPP_DEVICE를 auto로 바꾸거나 이 컴퓨터에 맞는 torch를 설치해 주세요.
error-lora-format = “{ $file }” 파일을 LoRA로 읽을 수 없어요. diffusers, peft, kohya 형식의 .safetensors 파일만 쓸 수 있어요.
error-lora-base = LoRA “{ $file }” 파일은 SDXL이 아닌 모델용이에요. “{ $layer }” 부분이 맞지 않아요.
error-lora-kind = “{ $file }” 파일은 쓸 수 없는 종류예요({ $kind }). 일반 LoRA를 써 주세요.
error-lora-text = LoRA “{ $file }” 파일은 텍스트 인코더까지 바꿔서 쓸 수 없어요. UNet만 학습한 파일을 써 주세요.
error-lora-missing = LoRA “{ $file }” 파일이 온전하지 않아요. “{ $layer }” 부분의 절반이 없어요.
error-lora-broken = LoRA “{ $file }” 파일에 숫자가 아닌 값이 있어요. 다시 내려받아 주세요.
error-lora-memory = LoRA “{ $file }” 파일이 메모리에 들어가지 않아요. { $needed } MB가 필요한데 LoRA용 메모리는 { $room } MB예요.
error-lora-weight = LoRA “{ $file }” 파일의 가중치는 -10에서 10 사이여야 해요(지금 값: { $weight }).
note-picture-broken = 그림 { $count }장이 제대로 그려지지 않아서 뺐어요.
note-quality-balanced = “빠르게”에 필요한 파일이 없어서 “보통”으로 그렸어요.

## Several pictures at once
avatar-pictures = 그림 수
avatar-pictures-hint = 한 번에 몇 장을 그릴지 골라요. 여러 장도 1개로 세고, 마음에 드는 것을 쓰면 돼요
pictures-count = { $count }장
pictures-styles = 4가지 스타일
pictures-styles-hint = 같은 모습을 최대 네 가지 스타일로 그려요
discord-name-avatar-pictures = 그림수
job-drawing-grid = 그림 { $count }장을 그리고 있어요: { $percent }%. 스타일: { $style }.
grid-ready = 그림 { $count }장이 완성됐어요. 마음에 드는 번호의 ‘쓰기’를 눌러 주세요. 스타일: { $style }.
note-drawn-simple-grid =
    { $why ->
        [unchecked] 여기서는 완성된 그림을 미리 검사할 수 없어서 { $style } 스타일로 간단히 그렸어요.
        [lacking] 이 스타일에 필요한 파일이 그림 엔진에 없어서 { $style } 스타일로 간단히 그렸어요.
        [memory] 그림 엔진의 메모리가 부족해서 { $style } 스타일로 간단히 그렸어요.
        [died] 그림 엔진이 이 그림들을 끝내지 못해서 { $style } 스타일로 간단히 그렸어요.
       *[away] 그림 엔진이 자리를 비워서 { $style } 스타일로 간단히 그렸어요.
    }
picture-grid = 번호가 붙은 그림 { $count }장. 스타일: { $style }
action-use = { $number }번 쓰기
action-like = { $number }번처럼 더
action-four = 한 번에 네 장
action-four-styles = 여러 스타일로
queue-grid = { $number }: 고를 수 있는 그림 { $count }장. 스타일: { $style }.
refused-grid = 그림이 여러 장이에요. 먼저 ‘쓰기’로 하나를 고르면 공유할 수 있어요.
refused-like = 여기서 더 이어 그릴 수는 없어요. 이 중에서 고르거나 ‘다시 그리기’를 눌러 주세요.
refused-one-style = 여기서는 이런 스타일이 하나만 허용돼서 나란히 보여 드릴 다른 스타일이 없어요.
note-pictures-missing = 제대로 그려지지 않았거나 보여 드리기 어려운 그림 { $count }장을 뺐어요.
refused-unpainted = 이 스타일은 이제 그림 엔진이 그리지 않아서 그림을 그대로 두었어요.

## More
note-still-grid = 여러 장을 한 번에 그릴 때는 움직이는 그림을 만들지 않아요. 한 장만 그리면 같이 드려요.
note-still-painted = 페인팅 그림은 움직이게 만들 수 없어서 이 그림만 드려요.
avatar-prop = { trait-prop }
avatar-prop-hint = 그림에 씌우고, 사진에도 씌워요. 마스크는 얼굴을 조금 가려요
trait-prop = 소품
trait-prop-mask = 마스크
trait-prop-cap = 야구 모자
trait-prop-headphones = 헤드폰
trait-prop-flowers = 화관
note-prop-no-face = 고른 소품은 씌울 얼굴이 없어서 뺐어요.
discord-name-avatar-prop = 소품
avatar-motion = 움직임
avatar-motion-hint = 배경이 은은하게 반짝이는 GIF도 함께 만들어요. 움직이는 프로필을 보여 주는 채팅에서 쓸 수 있어요
discord-name-avatar-motion = 움직임
motion-still = 멈춘 그림
motion-moving = 움직이는 그림
motion-moving-hint = 그림과 함께 GIF도 받아요. 한 장만 그릴 때 만들어요
action-moving = 움직이는 그림 받기
moving-ready = 움직이는 그림이에요 ({ $style }). GIF를 저장해서 움직이는 프로필을 보여 주는 곳에 쓰세요. Discord에서는 Nitro가 있어야 써요.
picture-moving = 배경이 반짝이는 { $style } 스타일 아바타
error-not-moving = 이 그림은 움직이는 그림이 없어요. 새로 그릴 때 “{ avatar-motion }: { motion-moving }” 항목을 골라 보세요.
avatar-figure = { trait-figure }
avatar-figure-hint = 사진이 없을 때 그릴 캐릭터예요. 캐릭터가 정해진 스타일 말고는 어디에나 어울려요
trait-figure = 캐릭터
trait-figure-bold = 굵은 선
trait-figure-fine = 가는 펜
trait-figure-sketch = 담백한 스케치
trait-figure-squares = 도트
trait-figure-creature = 꼬마 괴물
discord-name-avatar-figure = 캐릭터
note-own-figure = 이 스타일은 캐릭터가 정해져 있어서 고른 캐릭터는 그리지 않았어요. 사진도 그려 주는 스타일이면 모두 쓸 수 있어요.
note-figure-photo = 사진을 그렸기 때문에 고른 캐릭터는 그리지 않았어요. 캐릭터를 원하면 사진 없이 다시 해 주세요.
