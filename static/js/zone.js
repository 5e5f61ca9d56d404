// The browser's time zone: kept for the server to draw times in, and offered in the settings.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const known = document.cookie.split("; ").includes(`zone=${zone}`);
if (zone && !known) document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
const open = document.querySelector("select[name=time_zone] option[value='']");
if (open && zone) open.textContent += ` (${zone})`;
