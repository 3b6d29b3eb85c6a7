using Upscale;

namespace Faulty;

/// <summary>Makes stages that do one thing wrong.</summary>
public sealed class FaultyStageFactory : IStageFactory
{
    /// <inheritdoc/>
    public IStage Create(StageOptions options, IStageServices services)
    {
        string fault = options.GetString("fault")!;
        return fault == "create" ? throw new FaultException("cannot create") : new FaultyStage(fault, options.GetInteger("only"), services);
    }
}
