namespace Upscale.Commands;

/// <summary>Completes sampling methods.</summary>
internal sealed class SchedulerCompleter() : ChoiceCompleter("scheduler");
