// A link on another site brought the visitor here without the room's cookie; asked for from here, it comes along.
location.replace(`/?again${location.hash}`);
