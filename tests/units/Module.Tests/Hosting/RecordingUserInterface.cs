using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using System.Text;

namespace Upscale.Module.Tests.Hosting;

/// <summary>Keeps what is written, and answers every question with <see cref="Answer"/>.</summary>
internal sealed class RecordingUserInterface : PSHostUserInterface
{
    private readonly StringBuilder _text = new();

    /// <summary>Label of the choice to take, such as <c>&amp;No</c>.</summary>
    public string Answer { get; set; } = "&Yes";

    /// <summary>Messages of the questions that were asked.</summary>
    public List<string> Questions { get; } = [];

    public ConcurrentQueue<ProgressRecord> Progress { get; } = new();

    public string Text => _text.ToString();

    public override PSHostRawUserInterface RawUI { get; } = new WideScreen();

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        Questions.Add(message);
        return choices.ToList().FindIndex(c => c.Label == Answer);
    }

    public override void Write(string value) => _text.Append(value);

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

    public override void WriteLine(string value) => _text.AppendLine(value);

    public override void WriteProgress(long sourceId, ProgressRecord record) => Progress.Enqueue(record);

    public override void WriteDebugLine(string message) => WriteLine(message);

    public override void WriteErrorLine(string value) => WriteLine(value);

    public override void WriteVerboseLine(string message) => WriteLine(message);

    public override void WriteWarningLine(string message) => WriteLine(message);

    public override string ReadLine() => throw new NotSupportedException();

    public override SecureString ReadLineAsSecureString() => throw new NotSupportedException();

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) => throw new NotSupportedException();

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) => throw new NotSupportedException();

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options)
        => throw new NotSupportedException();
}
