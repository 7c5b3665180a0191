package supervise

import (
	"context"
	"log/slog"

	"github.com/thrum-go/thrum/proc"
)

// report logs what has happened to a child, if the level is on: nothing is made otherwise (OTP: supervisor reports).
func (s *supervisor) report(c *proc.Ctx, level slog.Level, text string, ch *child, reason error) {
	log := c.Runtime().Logger()
	if !log.Enabled(context.Background(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.Any("supervisor", c.Self()),
		slog.String("child", ch.spec.ID),
		slog.Any("pid", ch.pid),
		slog.String("type", ch.spec.Type.String()),
		slog.String("restart", ch.spec.Restart.String()),
	}
	if s.name != "" {
		attrs = append(attrs, slog.String("name", s.name))
	}
	if reason != nil {
		attrs = append(attrs, slog.Any("reason", reason))
	}
	log.LogAttrs(context.Background(), level, text, attrs...)
}

// reportProgress: as OTP's progress reports, it is not seen by default.
func (s *supervisor) reportProgress(c *proc.Ctx, ch *child) {
	s.report(c, slog.LevelDebug, "supervise: child started", ch, nil)
}

func (s *supervisor) reportTerminated(c *proc.Ctx, ch *child, reason error) {
	s.report(c, slog.LevelError, "supervise: child terminated", ch, reason)
}

func (s *supervisor) reportStart(c *proc.Ctx, ch *child, reason error) {
	s.report(c, slog.LevelError, "supervise: child failed to start", ch, reason)
}

func (s *supervisor) reportShutdown(c *proc.Ctx, ch *child, reason error) {
	s.report(c, slog.LevelError, "supervise: child did not shut down as asked", ch, reason)
}

func (s *supervisor) reportIntensity(c *proc.Ctx, ch *child) {
	s.report(c, slog.LevelError, "supervise: maximum restart intensity reached", ch, proc.Shutdown)
}

// reportUnknown logs a message that the supervisor does not know.
func (s *supervisor) reportUnknown(c *proc.Ctx, m proc.Message) {
	log := c.Runtime().Logger()
	if log.Enabled(context.Background(), slog.LevelError) {
		log.LogAttrs(context.Background(), slog.LevelError, "supervise: unexpected message",
			slog.Any("supervisor", c.Self()), slog.Any("from", m.From), slog.Any("message", m.Body))
	}
}
