using Upscale;

namespace Faulty;

/// <summary>Cannot even be made.</summary>
public sealed class UnmadeStageFactory : IStageFactory
{
    /// <summary>Fails.</summary>
    public UnmadeStageFactory() => throw new FaultException("no licence");

    /// <inheritdoc/>
    public IStage Create(StageOptions options, IStageServices services) => throw new NotSupportedException();
}
